using System.Globalization;
using System.Text.RegularExpressions;
using Migration.Contracts.Migrations;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Transforms;

/// <summary>
/// Texts as values of a column's type, for what the file gives and what transforms make. A text that is none stays a
/// text, which the column then refuses.
/// </summary>
internal static partial class LiteralValue
{
    private const int DigitsOfDecimal128 = 34;

    /// <param name="texts">One, or an array's elements; checked when the file was loaded.</param>
    public static ColumnValue? Of(IReadOnlyList<string>? texts, ColumnType type) => texts is null
        ? null
        : type.IsArray ? ColumnValue.OfArray(texts.Select(text => FromFile(text, type.Kind))) : FromFile(texts[0], type.Kind);

    /// <summary>A value with its texts read as the column's type.</summary>
    public static ColumnValue Typed(ColumnValue value, ColumnType type)
    {
        if (value.Type == BsonType.Array && type.IsArray)
            return ColumnValue.OfArray(value.Elements(out _).Select(element => Typed(element, type with { IsArray = false })));
        return value.Type == BsonType.String && value.ReadText(out var text) is null ? Read(text, type.Kind) : value;
    }

    private static ColumnValue FromFile(string text, ColumnKind kind) => kind is ColumnKind.Json or ColumnKind.Jsonb
        ? ColumnValue.Of(BsonDocument.Parse($$"""{"v":{{text}}}""")["v"])
        : Read(text, kind);

    private static ColumnValue Read(string text, ColumnKind kind) => kind switch
    {
        ColumnKind.Int2 or ColumnKind.Int4 or ColumnKind.Int8 or ColumnKind.Numeric or ColumnKind.Float4 or ColumnKind.Float8 => Number(text),
        ColumnKind.Bool when text is "true" or "false" => ColumnValue.Of(text == "true"),
        ColumnKind.Date or ColumnKind.Timestamp or ColumnKind.TimestampTz when ColumnDate.TryParse(text, out var date) => ColumnValue.OfDate(date),
        _ => ColumnValue.OfText(text),
    };

    private static ColumnValue Number(string text)
    {
        if (!Digits().IsMatch(text)) return ColumnValue.OfText(text);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return ColumnValue.Of(whole);
        // Beyond these the parser would round.
        return text.Count(char.IsAsciiDigit) <= DigitsOfDecimal128 && Decimal128.TryParse(text, out var exact)
            ? ColumnValue.Of(exact)
            : ColumnValue.OfText(text);
    }

    [GeneratedRegex(@"^[+-]?[0-9]+(\.[0-9]+)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Digits();
}
