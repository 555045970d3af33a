using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// Writes YAML as extended JSON by YAML 1.2's core schema: unquoted words that look like null, a boolean or a number are
/// that, all else is a string. A float keeps its point (<c>1.0</c>), which makes it a double to MongoDB.
/// </summary>
internal sealed partial class FilterWriter(Utf8JsonWriter writer, LoadContext context, int largestBytes)
{
    /// <summary>False when the JSON would be larger than allowed.</summary>
    public bool TryWrite(YamlNode node)
    {
        Write(node);
        return !IsTooLarge;
    }

    private bool IsTooLarge => writer.BytesCommitted + writer.BytesPending > largestBytes;

    private void Write(YamlNode node)
    {
        switch (node)
        {
            case YamlMap map:
                WriteMap(map);
                break;
            case YamlList list:
                writer.WriteStartArray();
                foreach (var item in list.Items.TakeWhile(_ => !IsTooLarge))
                {
                    Write(item);
                }

                writer.WriteEndArray();
                break;
            default:
                WriteText((YamlText)node);
                break;
        }
    }

    private void WriteMap(YamlMap map)
    {
        writer.WriteStartObject();
        foreach (var (key, value) in map.Entries.TakeWhile(_ => !IsTooLarge))
        {
            writer.WritePropertyName(key.Raw);
            Write(value);
        }

        writer.WriteEndObject();
    }

    private void WriteText(YamlText text)
    {
        var value = context.Placeholders.Replace(text) ?? "";
        if (text.IsQuoted)
        {
            writer.WriteStringValue(value);
        }
        else if (value is "" or "~" or "null" or "Null" or "NULL")
        {
            writer.WriteNullValue();
        }
        else if (value is "true" or "True" or "TRUE" or "false" or "False" or "FALSE")
        {
            writer.WriteBooleanValue(value[0] is 't' or 'T');
        }
        else if (!TryWriteNumber(value))
        {
            writer.WriteStringValue(value);
        }
    }

    private bool TryWriteNumber(string value)
    {
        if (JsonNumber().IsMatch(value))
        {
            writer.WriteRawValue(value);
        }
        else if (CoreInteger().IsMatch(value))
        {
            writer.WriteRawValue(value.StartsWith('-') ? "-" + Digits(value) : Digits(value));
        }
        else if (CoreFloat().IsMatch(value))
        {
            WriteDouble(double.Parse(value, CultureInfo.InvariantCulture));
        }
        else if (NotFinite().IsMatch(value))
        {
            writer.WriteStartObject();
            writer.WriteString("$numberDouble", value.EndsWith("n", StringComparison.OrdinalIgnoreCase) ? "NaN" : value[0] == '-' ? "-Infinity" : "Infinity");
            writer.WriteEndObject();
        }
        else
        {
            return false;
        }

        return true;
    }

    private static string Digits(string value) =>
        value.TrimStart('+', '-').TrimStart('0') is { Length: > 0 } digits ? digits : "0";

    // Relaxed extended JSON cannot say that 5 is a double, hence the wrapper.
    private void WriteDouble(double number)
    {
        writer.WriteStartObject();
        writer.WriteString("$numberDouble", number.ToString("R", CultureInfo.InvariantCulture));
        writer.WriteEndObject();
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z")]
    private static partial Regex JsonNumber();

    [GeneratedRegex(@"^[+-]?[0-9]+\z")]
    private static partial Regex CoreInteger();

    [GeneratedRegex(@"^[+-]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][+-]?[0-9]+)?\z")]
    private static partial Regex CoreFloat();

    [GeneratedRegex(@"^([+-]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z")]
    private static partial Regex NotFinite();
}
