namespace Migration.Contracts.Migrations.Loading;

/// <summary><c>onUnfit:</c> of a column: a word, or a list of them of which each does what it can.</summary>
internal static class UnfitSection
{
    public const string Key = "onUnfit";

    private const int DigitsOfDecimal128 = 34;

    public static readonly string[] Words = ["reject", "null", "round", "truncate", "replace", "clamp", "last"];

    /// <summary>Null for reject, when absent, and after a mistake.</summary>
    /// <param name="mustHaveValue">True for a column that cannot be null.</param>
    public static IReadOnlyList<UnfitChoice>? Read(SectionReader column, ColumnType type, bool mustHaveValue)
    {
        IReadOnlyList<YamlNode> nodes = column.Find(Key) switch
        {
            null => [],
            YamlList list => list.Items,
            var node => [node],
        };
        var choices = nodes.Select(node => ReadOne(column, node, type, mustHaveValue)).OfType<UnfitChoice>().ToList();
        if (column.Find(Key) is { } whole && Clash(choices, nodes.Count) is { } clash)
        {
            column.Context.Mistakes.Add(whole.Place, $"{column.Label(Key)} {clash}");
        }

        return choices is [] or [UnfitChoice.Reject] ? null : choices;
    }

    /// <summary>The choices that change anything in a column of the type, <c>reject</c> and <c>null</c> included.</summary>
    public static IEnumerable<UnfitChoice> Sensible(ColumnType type) => type.Kind switch
    {
        ColumnKind.Varchar or ColumnKind.Char when type.Length is not null => [UnfitChoice.Reject, UnfitChoice.Null, UnfitChoice.Truncate, UnfitChoice.Replace],
        ColumnKind.Text or ColumnKind.Varchar or ColumnKind.Json => [UnfitChoice.Reject, UnfitChoice.Null, UnfitChoice.Replace],
        ColumnKind.Jsonb => [UnfitChoice.Reject, UnfitChoice.Null, UnfitChoice.Replace, UnfitChoice.Last],
        ColumnKind.Numeric when type.Precision is null => [UnfitChoice.Reject, UnfitChoice.Null],
        // The greatest number of more digits is no Decimal128.
        ColumnKind.Numeric when type.Precision > DigitsOfDecimal128 => [UnfitChoice.Reject, UnfitChoice.Null, UnfitChoice.Round, UnfitChoice.Truncate],
        ColumnKind.Int2 or ColumnKind.Int4 or ColumnKind.Int8 or ColumnKind.Numeric =>
            [UnfitChoice.Reject, UnfitChoice.Null, UnfitChoice.Round, UnfitChoice.Truncate, UnfitChoice.Clamp],
        ColumnKind.Float4 or ColumnKind.Float8 => [UnfitChoice.Reject, UnfitChoice.Null, UnfitChoice.Round, UnfitChoice.Clamp],
        ColumnKind.Date => [UnfitChoice.Reject, UnfitChoice.Null, UnfitChoice.Truncate, UnfitChoice.Clamp],
        ColumnKind.Timestamp or ColumnKind.TimestampTz => [UnfitChoice.Reject, UnfitChoice.Null, UnfitChoice.Clamp],
        _ => [UnfitChoice.Reject, UnfitChoice.Null],
    };

    private static UnfitChoice? ReadOne(SectionReader column, YamlNode node, ColumnType type, bool mustHaveValue)
    {
        // The bare word null is YAML's own null, and here a word like the others.
        if (node is YamlText { IsNull: true })
        {
            return Checked(column, node, UnfitChoice.Null, type, mustHaveValue);
        }

        var sensible = Sensible(type).Select(Word).ToList();
        if (column.TextOf(node, column.Label(Key), string.Join(" | ", sensible)) is not { } text)
        {
            return null;
        }

        if (Words.Contains(text))
        {
            return Checked(column, node, Enum.Parse<UnfitChoice>(text, ignoreCase: true), type, mustHaveValue);
        }

        var raw = ((YamlText)node).Raw;
        column.Context.Mistakes.Add(node.Place, $"{column.Label(Key)} is {Shown.Text(raw)}{NearestWord.Hint(raw, sensible)}");
        return null;
    }

    private static UnfitChoice? Checked(SectionReader column, YamlNode node, UnfitChoice choice, ColumnType type, bool mustHaveValue)
    {
        var problem = choice == UnfitChoice.Null && mustHaveValue
            ? "is null, and the column must have a value; expected reject, or required: false"
            : Sensible(type).Contains(choice) ? null : $"is {Word(choice)}, which {type} does not take; expected {string.Join(", ", Sensible(type).Select(Word))}";
        if (problem is null)
        {
            return choice;
        }

        column.Context.Mistakes.Add(node.Place, $"{column.Label(Key)} {problem}");
        return null;
    }

    private static string? Clash(List<UnfitChoice> choices, int written)
    {
        if (written == 0)
        {
            return "is an empty list; expected at least one word";
        }

        return choices.Distinct().Count() < choices.Count ? "names a word twice; expected each once"
            : choices.Count > 1 && choices.Contains(UnfitChoice.Reject) ? "has reject beside other words; expected it alone: what they cannot make fit is rejected anyway"
            : choices.Contains(UnfitChoice.Round) && choices.Contains(UnfitChoice.Truncate) ? "has round beside truncate; expected one of the two"
            : null;
    }

    private static string Word(UnfitChoice choice) => choice.ToString().ToLowerInvariant();
}
