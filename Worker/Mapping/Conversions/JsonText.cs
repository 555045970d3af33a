using System.Buffers;
using System.Text.Unicode;
using Migration.Worker.Targets;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>JSON strings from UTF-8: runs of plain bytes are copied, only what JSON demands is escaped.</summary>
internal static class JsonText
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    private static readonly Refusal NulInJsonb = new(
        SqlStates.UntranslatableCharacter, "cannot hold text with a zero character", Advice.UseJson);

    public static Refusal? Append(RowBuffer rows, ReadOnlySpan<byte> text, JsonForm form)
    {
        if (PlainText.IsJson(text))
        {
            var quoted = rows.Append(text.Length + 2);
            quoted[0] = quoted[^1] = (byte)'"';
            text.CopyTo(quoted[1..]);
            return null;
        }

        if (!Utf8.IsValid(text)) return Refusal.InvalidUtf8;
        rows.AppendByte((byte)'"');
        for (var at = text.IndexOfAny(Escaped); at >= 0; at = text.IndexOfAny(Escaped))
        {
            if (text[at] == 0 && form == JsonForm.Jsonb) return NulInJsonb;
            rows.Append(text[..at]);
            AppendEscape(rows, text[at]);
            text = text[(at + 1)..];
        }

        rows.Append(text);
        rows.AppendByte((byte)'"');
        return null;
    }

    private static void AppendEscape(RowBuffer rows, byte value)
    {
        switch (value)
        {
            case (byte)'"': rows.Append("\\\""u8); break;
            case (byte)'\\': rows.Append("\\\\"u8); break;
            case (byte)'\n': rows.Append("\\n"u8); break;
            case (byte)'\r': rows.Append("\\r"u8); break;
            case (byte)'\t': rows.Append("\\t"u8); break;
            default:
                rows.Append("\\u00"u8);
                Convert.TryToHexStringLower([value], rows.Append(2), out _);
                break;
        }
    }
}
