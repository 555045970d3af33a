using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Migration.Worker.Hosting;

/// <summary>
/// One line of JSON for a message, as programs write them to standard output where <c>MIGRATION_LOG_FORMAT</c> is
/// <c>json</c>: <c>time</c>, <c>level</c> and <c>message</c>, then what else is known.
/// </summary>
public static class JsonLine
{
    public const string Variable = "MIGRATION_LOG_FORMAT";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether this program writes such lines, and nothing else to standard output.</summary>
    public static bool IsWanted => string.Equals(Environment.GetEnvironmentVariable(Variable), "json", StringComparison.OrdinalIgnoreCase);

    /// <param name="level"><c>debug</c>, <c>info</c>, <c>warning</c> or <c>error</c>.</param>
    /// <param name="more">Further members, written after those three.</param>
    public static string Of(DateTimeOffset at, string level, string message, Action<Utf8JsonWriter>? more = null)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteString("level", level);
            json.WriteString("message", message);
            more?.Invoke(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>To standard output: as JSON where that is wanted, else as it is.</summary>
    public static Task SayAsync(string text) => Console.Out.WriteLineAsync(IsWanted ? Of(DateTimeOffset.UtcNow, "info", text) : text);

    /// <summary>What such a line says; any other line as it is.</summary>
    public static string MessageOf(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        if (!line.StartsWith('{'))
            return line;
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.TryGetProperty("message", out var message) ? message.GetString() ?? line : line;
        }
        catch (JsonException)
        {
            return line;
        }
    }

    internal static void Write(this Utf8JsonWriter json, string name, object? value)
    {
        switch (value)
        {
            case null: json.WriteNull(name); break;
            case int or long or short or byte: json.WriteNumber(name, Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture)); break;
            case double number: json.WriteNumber(name, number); break;
            case bool flag: json.WriteBoolean(name, flag); break;
            default: json.WriteString(name, Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)); break;
        }
    }
}
