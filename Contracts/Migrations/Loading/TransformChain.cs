namespace Migration.Contracts.Migrations.Loading;

/// <summary>Whether what a column's transforms give is what the column takes, as far as that shows without a document.</summary>
internal static class TransformChain
{
    private const int HexadecimalDigitsOfHash = 64;

    public static void Check(SectionReader column, ColumnType type, IReadOnlyList<(YamlNode Node, ColumnTransform Transform)> chain)
    {
        var splits = chain.Where(step => step.Transform.Kind == TransformKind.Split).ToList();
        if (splits.Count > 0 && !type.IsArray && !IsJson(type))
        {
            Mistake(column, splits[0].Node, $"split gives an array; expected an array type such as {type}[], not {type}");
        }

        if (splits.Count > 1)
        {
            Mistake(column, splits[1].Node, "a second split would make arrays of arrays; expected one");
        }

        if (chain.Count > 0 && Misfit(type, chain[^1].Transform) is { } misfit)
        {
            Mistake(column, chain[^1].Node, misfit);
        }
    }

    private static string? Misfit(ColumnType type, ColumnTransform last) => last.Kind switch
    {
        TransformKind.EpochMillis or TransformKind.EpochSeconds or TransformKind.ObjectIdTime => TakesDate(type)
            ? null
            : $"{Name(last)} gives a date; expected timestamptz, timestamp, date or text, not {type}",
        TransformKind.Hash when type is { Kind: ColumnKind.Varchar or ColumnKind.Char, Length: < HexadecimalDigitsOfHash } =>
            $"hash gives {HexadecimalDigitsOfHash} characters; expected text or varchar({HexadecimalDigitsOfHash}), not {type}",
        TransformKind.Hash or TransformKind.Slug when !IsText(type) && !IsJson(type) =>
            $"{Name(last)} gives a text; expected text or varchar, not {type}",
        TransformKind.Map => MisfitOfValues(type, last),
        _ => type.Kind == ColumnKind.Bytea ? $"{Name(last)} gives a text; bytea takes none" : null,
    };

    // In json a text stays a text, whatever it looks like.
    private static string? MisfitOfValues(ColumnType type, ColumnTransform map) => IsJson(type)
        ? null
        : map.Values!.Values.Append(map.Else).OfType<string>()
            .Select(value => (Value: value, Expected: ColumnLiteral.Expected(type, value)))
            .Where(value => value.Expected is not null)
            .Select(value => $"a value of map does not fit {type}; expected {value.Expected}").FirstOrDefault();

    private static string Name(ColumnTransform transform) => char.ToLowerInvariant($"{transform.Kind}"[0]) + $"{transform.Kind}"[1..];

    private static bool TakesDate(ColumnType type) =>
        IsText(type) || IsJson(type) || type.Kind is ColumnKind.Date or ColumnKind.Timestamp or ColumnKind.TimestampTz;

    private static bool IsText(ColumnType type) => type.Kind is ColumnKind.Text or ColumnKind.Varchar or ColumnKind.Char;

    private static bool IsJson(ColumnType type) => type.Kind is ColumnKind.Json or ColumnKind.Jsonb;

    private static void Mistake(SectionReader column, YamlNode node, string text) =>
        column.Context.Mistakes.Add(node.Place, $"{column.Label("transform")}: {text}");
}
