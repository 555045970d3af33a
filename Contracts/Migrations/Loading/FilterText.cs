using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>A filter as compact extended JSON, whether the file has it as a YAML map or as JSON text.</summary>
internal static class FilterText
{
    // Aliases can make a small file mean a huge filter; MongoDB takes no query above 16 MB anyway.
    private const int LargestBytes = 1024 * 1024;

    private const string Expected = "a map such as { active: true }, or JSON text such as '{\"active\": true}'";

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static string? Read(SectionReader section, string key) => section.Find(key) switch
    {
        null => null,
        YamlMap map => FromMap(section, key, map),
        _ => section.Text(key, Expected) is { } text ? FromJson(section, key, text) : null,
    };

    private static string? FromMap(SectionReader section, string key, YamlMap map)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(bytes, Compact);
        if (!new FilterWriter(writer, section.Context, LargestBytes).TryWrite(map))
        {
            section.Mistake(key, $"is larger than {LargestBytes} bytes of JSON; expected a smaller filter");
            return null;
        }

        writer.Flush();
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static string? FromJson(SectionReader section, string key, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return Compacted(document.RootElement);
            }

            section.Mistake(key, $"is a JSON {document.RootElement.ValueKind.ToString().ToLowerInvariant()}; expected {Expected}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            var at = e is JsonException { LineNumber: { } line, BytePositionInLine: { } position } ? $" (line {line + 1}, byte {position + 1} of it)" : "";
            section.Mistake(key, $"is not JSON{at}; expected {Expected}");
        }

        return null;
    }

    private static string Compacted(JsonElement element)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(bytes, Compact);
        element.WriteTo(writer);
        writer.Flush();
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
