using System.Text.Unicode;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>text, varchar(n) and char(n): texts as they are, other scalars as their exact text.</summary>
/// <param name="maxLength">varchar's or char's length in characters (code points), or null.</param>
/// <param name="isPadded">char(n), which cannot tell a text's own spaces at the end from those that it pads with.</param>
internal sealed class TextConversion(int? maxLength, bool isPadded = false) : ColumnConversion
{
    private static readonly Refusal SpaceAtEnd = new(SqlStates.TooLong, "would lose the space at its end", Advice.ChangeType);

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows) =>
        type is BsonType.String or BsonType.Symbol
            ? WriteText(BsonSpanReader.TextOf(value), rows)
            : WriteScalar(type, value, rows);

    private Refusal? WriteText(ReadOnlySpan<byte> text, RowBuffer rows)
    {
        if (!PlainText.IsText(text) && Check(text) is { } unfit) return unfit;
        if (text.Length > maxLength && CheckLength(text) is { } tooLong) return tooLong;
        if (isPadded && text.EndsWith(" "u8)) return SpaceAtEnd;
        text.CopyTo(rows.AppendField(text.Length));
        return null;
    }

    /// <summary>Null when PostgreSQL takes the bytes as text.</summary>
    private static Refusal? Check(ReadOnlySpan<byte> text)
    {
        if (text.Contains((byte)0)) return Refusal.NulInText;
        return Utf8.IsValid(text) ? null : Refusal.InvalidUtf8;
    }

    private Refusal? WriteScalar(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        var start = rows.BeginField();
        switch (type)
        {
            case BsonType.Int32: ScalarText.AppendNumber(rows, ScalarText.ReadInt32(value)); break;
            case BsonType.Int64: ScalarText.AppendNumber(rows, ScalarText.ReadInt64(value)); break;
            case BsonType.Double: ScalarText.AppendNumber(rows, ScalarText.ReadDouble(value)); break;
            case BsonType.Decimal128: ScalarText.AppendDecimal(rows, value); break;
            case BsonType.ObjectId: ScalarText.AppendObjectId(rows, value); break;
            case BsonType.Boolean: rows.Append(value[0] != 0 ? "true"u8 : "false"u8); break;
            case BsonType.DateTime:
                if (!ScalarText.TryAppendDate(rows, ScalarText.ReadInt64(value))) return Refusal.DateOutOfRange;
                break;
            case BsonType.Binary:
                if (UuidConversion.Read(value, out var uuid) is { } refusal) return refusal;
                ScalarText.AppendUuid(rows, uuid);
                break;
            default: return Refusal.WrongType;
        }

        rows.EndField(start);
        return CheckLength(rows.From(start));
    }

    /// <summary>PostgreSQL itself would drop trailing spaces beyond the length without a word; here they count.</summary>
    private Refusal? CheckLength(ReadOnlySpan<byte> text)
    {
        if (maxLength is not { } limit || text.Length <= limit) return null;
        var characters = 0;
        foreach (var unit in text)
        {
            // Every byte but a continuation byte begins a character.
            if ((unit & 0xC0) != 0x80) characters++;
        }

        return characters <= limit
            ? null
            : new Refusal(SqlStates.TooLong, $"cannot hold its {characters} characters", Advice.Widen);
    }
}
