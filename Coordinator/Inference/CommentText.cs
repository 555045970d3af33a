using System.Globalization;
using System.Text;
using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Coordinator.Inference;

/// <summary>Words for comments of a migration file. Names come from documents, which may hold anything: none may end the comment.</summary>
internal static class CommentText
{
    private const int LongestText = 160;

    public static string Path(IEnumerable<string> path) => Safe(string.Join('.', path));

    public static string Safe(string text)
    {
        var safe = new StringBuilder();
        foreach (var rune in text.EnumerateRunes().Take(LongestText))
            safe.Append(IsShown(rune) ? rune.ToString() : "?");
        return safe.ToString();
    }

    /// <summary><c>always</c>, <c>85.2%</c>, or the number where it is small.</summary>
    public static string Share(long part, long whole)
    {
        if (part == whole)
            return "always";
        return part * 50 < whole
            ? FormattableString.Invariant($"{part:N0} of {whole:N0}")
            : FormattableString.Invariant($"{Math.Min(99.9, 100.0 * part / whole):0.#}%");
    }

    /// <summary><c>string</c>; where there are several, each with its count, the most frequent first.</summary>
    public static string Types(FieldProfile field)
    {
        var types = field.Types.OrderByDescending(type => type.Value).ToList();
        return types is [var only]
            ? Name(field, only.Key)
            : string.Join(", ", types.Select(type => FormattableString.Invariant($"{Name(field, type.Key)} {type.Value:N0}")));
    }

    private static string Name(FieldProfile field, BsonType type) => type switch
    {
        BsonType.Binary => $"binary of subtype {string.Join(" and ", field.BinarySubtypes)}",
        BsonType.Array when field.Elements is { } elements => $"array of {Types(elements)}",
        _ => BsonText.NameOf(type),
    };

    /// <summary>Controls, line ends of Unicode and what turns the direction of writing stay out.</summary>
    internal static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
