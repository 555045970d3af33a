using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Migration.Coordinator.Commands;

/// <summary>What <c>--json</c> prints: one document on standard output and nothing else there.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Indented = Create(indented: true);
    private static readonly JsonSerializerOptions OneLine = Create(indented: false);

    /// <summary>Names and states in camel case; times in ISO 8601 with offset; durations in seconds; nulls are written.</summary>
    public static string Format<T>(T value, bool indented = true) => JsonSerializer.Serialize(value, indented ? Indented : OneLine);

    public static void Write<T>(T value, bool indented = true) => Console.Out.WriteLine(Format(value, indented));

    /// <summary>As a member of a line of JSON.</summary>
    public static void Write<T>(Utf8JsonWriter json, string name, T value)
    {
        json.WritePropertyName(name);
        JsonSerializer.Serialize(json, value, OneLine);
    }

    /// <summary>
    /// Element by element where the value holds an <see cref="IAsyncEnumerable{T}"/>, so that what is printed need not fit
    /// into memory at once.
    /// </summary>
    public static async Task WriteAsync<T>(Stream output, T value, CancellationToken cancellationToken)
    {
        await JsonSerializer.SerializeAsync(output, value, Indented, cancellationToken);
        await output.WriteAsync("\n"u8.ToArray(), cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    private static JsonSerializerOptions Create(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = indented,
        NewLine = "\n",

        // It goes to files and programs, not into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };
}
