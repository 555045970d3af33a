using System.Text;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Unfit;

/// <summary>
/// Makes of a value that its column refused one that it takes, as far as the column's <c>onUnfit</c> allows: the only place
/// where the mapping gives anything up. The column's conversion has the last word on what comes out.
/// </summary>
/// <remarks>Off the usual way: nothing here runs for a value that fits, so that it may allocate. Slices share it.</remarks>
internal sealed class UnfitValue
{
    private const string Replacement = "\uFFFD";

    private readonly ColumnType _type;
    private readonly ColumnConversion _element;
    private readonly IReadOnlyList<UnfitChoice> _choices;
    private long _changed;

    private UnfitValue(ColumnType type, IReadOnlyList<UnfitChoice> choices)
    {
        (_type, _choices) = (type, choices);
        _element = ColumnConversion.For(type with { IsArray = false });
    }

    /// <summary>Null for a column that rejects what does not fit.</summary>
    public static UnfitValue? For(ColumnMapping column) => column.OnUnfit is { } choices ? new UnfitValue(column.Type, choices) : null;

    /// <summary>What to write in the value's place, which may be null; no value where nothing that is allowed makes it fit.</summary>
    public ColumnValue? Instead(ColumnValue value) => _type.IsArray ? OfArray(value) : OfOne(value);

    /// <summary>A value was written that the document does not have.</summary>
    public void Count() => Interlocked.Increment(ref _changed);

    /// <summary>How often, since it was last asked.</summary>
    public long TakeCount() => Interlocked.Read(ref _changed) == 0 ? 0 : Interlocked.Exchange(ref _changed, 0);

    /// <summary>Bytes that are no UTF-8 (a surrogate's half among them), and zero characters unless they may stay, by U+FFFD.</summary>
    public static ColumnValue Replaced(ColumnValue text, bool keepsZeros = false)
    {
        var mended = Encoding.UTF8.GetString(BsonSpanReader.TextOf(text.Bytes));
        return ColumnValue.OfText(keepsZeros ? mended : mended.Replace("\0", Replacement, StringComparison.Ordinal)) with { Type = text.Type };
    }

    private bool Allows(UnfitChoice choice) => _choices.Contains(choice);

    private ColumnValue? NullOrNothing() => Allows(UnfitChoice.Null) ? ColumnValue.Null : null;

    private ColumnValue? OfArray(ColumnValue value)
    {
        if (value.Type != BsonType.Array) return NullOrNothing();
        var elements = value.Elements(out var fault);
        if (fault != BsonFault.None) return NullOrNothing();
        for (var i = 0; i < elements.Count; i++)
        {
            if (elements[i].IsNull || Fits(elements[i])) continue;
            if (OfOne(elements[i]) is not { } mended) return null;
            elements[i] = mended;
        }

        return ColumnValue.OfArray(elements);
    }

    private ColumnValue? OfOne(ColumnValue value)
    {
        var mended = Mended(value);
        return Fits(mended) ? mended : NullOrNothing();
    }

    private bool Fits(ColumnValue value)
    {
        using var scratch = new RowBuffer(value.Bytes.Length + 64);
        return _element.Write(value.Type, value.Bytes, scratch) is null;
    }

    private ColumnValue Mended(ColumnValue value) => _type.Kind switch
    {
        ColumnKind.Text or ColumnKind.Varchar or ColumnKind.Char => MendedText(value),
        ColumnKind.Json or ColumnKind.Jsonb => new UnfitDocument(
            Allows(UnfitChoice.Replace), Allows(UnfitChoice.Last), keepsZeros: _type.Kind == ColumnKind.Json).Mend(value),
        ColumnKind.Date or ColumnKind.Timestamp or ColumnKind.TimestampTz => UnfitDate.Mend(value, _type.Kind, _choices),
        _ => new UnfitNumber(_type, _choices).Mend(value),
    };

    // A number's text is not cut: what is left of it would be another number.
    private ColumnValue MendedText(ColumnValue value)
    {
        if (value.Type is not (BsonType.String or BsonType.Symbol)) return value;
        var text = Allows(UnfitChoice.Replace) ? Replaced(value) : value;
        if (!Allows(UnfitChoice.Truncate) || text.ReadText(out var whole) is not null) return text;
        var cut = Cut(whole, _type.Length!.Value);
        // char(n) pads with spaces: those of the text itself cannot be told from them.
        return ColumnValue.OfText(_type.Kind == ColumnKind.Char ? cut.TrimEnd(' ') : cut);
    }

    private static string Cut(string text, int characters)
    {
        var end = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (characters-- == 0) break;
            end += rune.Utf16SequenceLength;
        }

        return text[..end];
    }
}
