namespace Migration.Contracts.Migrations.Loading;

/// <summary><c>transform:</c> of a column: a transform, or a list of them in their order.</summary>
internal static class TransformsSection
{
    /// <summary>Those that are a word alone.</summary>
    public static readonly string[] Words = ["trim", "lower", "upper", "epochMillis", "epochSeconds", "objectIdTime", "slug", "hash"];

    /// <summary>Those that are a key with a value.</summary>
    public static readonly string[] Keys = ["truncate", "map", "split", "regex", "concat"];

    public static readonly string[] RegexKeys = ["pattern", "replace"];

    private static readonly IntRange TruncateLength = new(1, 10_485_760);

    public static IReadOnlyList<ColumnTransform> Read(SectionReader column, ColumnType type)
    {
        IReadOnlyList<YamlNode> nodes = column.Find("transform") switch
        {
            null => [],
            YamlList list => list.Items,
            var node => [node],
        };
        var chain = nodes.Select((node, i) => (Node: node, Transform: ReadOne(column, node, i == 0)))
            .Where(step => step.Transform is not null).Select(step => (step.Node, step.Transform!)).ToList();
        TransformChain.Check(column, type, chain);
        return [.. chain.Select(step => step.Item2)];
    }

    private static ColumnTransform? ReadOne(SectionReader column, YamlNode node, bool isFirst)
    {
        var label = column.Label("transform");
        var transform = node switch
        {
            YamlText { IsNull: false } text => ReadWord(column, text, label),
            YamlMap { Entries.Count: > 0 } map => ReadMap(column, map, label),
            _ => Wrong(column, node, $"{label} {node.Is}; expected one of {Known}"),
        };
        return transform is { Kind: TransformKind.Concat } && !isFirst
            ? Wrong(column, node, $"{label}: a concat stands behind other transforms; expected it first")
            : transform;
    }

    private static string Known => string.Join(", ", Words.Concat(Keys));

    private static ColumnTransform? ReadWord(SectionReader column, YamlText text, string label)
    {
        if (Words.Contains(text.Raw))
        {
            return new ColumnTransform(Enum.Parse<TransformKind>(text.Raw, ignoreCase: true));
        }

        return Wrong(column, text, Keys.Contains(text.Raw)
            ? $"{label}: {text.Raw} stands alone; expected {Example(text.Raw)}"
            : $"{label} is {Shown.Text(text.Raw)}, which is not a transform{NearestWord.Hint(text.Raw, [.. Words, .. Keys])}");
    }

    private static ColumnTransform? ReadMap(SectionReader column, YamlMap map, string label)
    {
        var (key, value) = map.Entries[0];
        foreach (var word in map.Entries.Where(entry => Words.Contains(entry.Key.Raw)))
        {
            Wrong(column, word.Key, $"{label}: {word.Key.Raw} takes no value; expected the word alone");
            return null;
        }

        var name = map.Entries.Select(entry => entry.Key.Raw).FirstOrDefault(Keys.Contains);
        if (name is null)
        {
            return Wrong(column, key, $"{label} is {Shown.Text(key.Raw)}, which is not a transform{NearestWord.Hint(key.Raw, [.. Words, .. Keys])}");
        }

        var section = new SectionReader(label, map, map.Place, name == "map" ? ["map", "else"] : [name], column.Context);
        value = section.Find(name)!;
        return name switch
        {
            "truncate" => section.WholeNumber(name, TruncateLength) is { } length ? new ColumnTransform(TransformKind.Truncate) { Length = length } : null,
            "split" => section.Text(name, "a separator, such as ','") is { } separator ? new ColumnTransform(TransformKind.Split) { Separator = separator } : null,
            "map" => ReadValues(section, value),
            "regex" => ReadRegex(section),
            _ => ReadConcat(section, value),
        };
    }

    private static ColumnTransform? ReadValues(SectionReader section, YamlNode value)
    {
        if (value is not YamlMap { Entries.Count: > 0 } map)
        {
            return Wrong(section, value, $"{section.Label("map")} {(value is YamlMap ? "is empty" : value.Is)}; expected {Example("map")}");
        }

        var other = section.Find("else");
        return new ColumnTransform(TransformKind.Map)
        {
            Values = map.Entries.ToDictionary(entry => entry.Key.Raw, entry => TextOrNull(section, entry.Value, section.Label("map"))),
            HasElse = other is not null,
            Else = other is null ? null : TextOrNull(section, other, section.Label("else")),
        };
    }

    private static string? TextOrNull(SectionReader section, YamlNode node, string label) => node switch
    {
        { IsNull: true } => null,
        YamlText { Raw: "" } => "",
        _ => section.TextOf(node, label, "a value or null"),
    };

    private static ColumnTransform? ReadRegex(SectionReader section)
    {
        var regex = section.Section("regex", RegexKeys);
        if (regex.Find("pattern") is null)
        {
            regex.Missing("pattern", "a regular expression");
        }

        if (regex.Find("replace") is null)
        {
            regex.Missing("replace", "what takes the place of each match; '' for nothing");
        }

        var replacement = regex.Find("replace") is YamlText { Raw: "" } ? "" : regex.Text("replace");
        if (regex.Text("pattern", "a regular expression") is not { } pattern || replacement is null)
        {
            return null;
        }

        if (TransformRegex.Problem(pattern) is { } problem)
        {
            regex.Mistake("pattern", $"is {regex.Raw("pattern")}; {problem}");
        }

        return new ColumnTransform(TransformKind.Regex) { Pattern = pattern, Replacement = replacement };
    }

    private static ColumnTransform? ReadConcat(SectionReader section, YamlNode value)
    {
        if (value is not YamlList { Items.Count: > 0 } list)
        {
            return Wrong(section, value, $"{section.Label("concat")} {(value is YamlList ? "is an empty list" : value.Is)}; expected {Example("concat")}");
        }

        var parts = list.Items.Select(item => ReadPart(section, item)).OfType<ConcatPart>().ToList();
        if (parts.Count == list.Items.Count && parts.TrueForAll(part => part.Path is null))
        {
            section.Mistake("concat", "names no field; expected at least one { path: ... }, or 'constant' instead of a transform");
        }

        return new ColumnTransform(TransformKind.Concat) { Parts = parts };
    }

    private static ConcatPart? ReadPart(SectionReader section, YamlNode item)
    {
        var label = section.Label("concat");
        if (item is not YamlMap)
        {
            return section.TextOf(item, label, "a text, or { path: field }") is { } text ? new ConcatPart(Text: text) : null;
        }

        var part = new SectionReader(label, item, item.Place, ["path"], section.Context);
        if (part.Find("path") is null)
        {
            part.Missing("path", "a field's path");
        }

        return part.Find("path") is YamlList
            ? new ConcatPart(Path: [.. part.Texts("path", "field names").Select(name => name.Value)])
            : part.Text("path", "a field's path") is { } path
                ? new ConcatPart(Path: ColumnsSection.PathFrom(part, path, part.PlaceOf("path"), part.Label("path")))
                : null;
    }

    private static string Example(string key) => key switch
    {
        "truncate" => "{ truncate: 80 }",
        "map" => "{ map: { from: to } }",
        "split" => "{ split: ',' }",
        "regex" => "{ regex: { pattern: '[^0-9]', replace: '' } }",
        _ => "{ concat: [{ path: first }, ' ', { path: last }] }",
    };

    private static ColumnTransform? Wrong(SectionReader section, YamlNode node, string text)
    {
        section.Context.Mistakes.Add(node.Place, text);
        return null;
    }
}
