namespace Migration.Contracts.Migrations.Loading;

/// <summary>The map of columns: a name and its type, or a name and a map.</summary>
internal static class ColumnsSection
{
    public static readonly string[] Keys = ["path", "type", "required", "enriched", "constant", "default", "transform", UnfitSection.Key, ReferencesSection.Key];

    private static readonly string[] NotBesideConstant = ["path", "default", "transform", UnfitSection.Key];

    private static readonly string[] NotBesideEnriched = ["path", "constant", "default", "transform", UnfitSection.Key];

    private static readonly string[] NotBesideElement = ["enriched", "constant"];

    private static readonly string[] NotOfUnmapped = ["path", "constant", "default", "transform", UnfitSection.Key];

    private const string ExpectedType = "a PostgreSQL type, such as text or numeric(18,2)";

    private static readonly ColumnType AnyType = new(ColumnKind.Text);

    /// <param name="unmapped">The column that takes unmapped fields; it has no path, and is added at the end when it is not listed.</param>
    /// <param name="ofElements">The columns of a child's table, where a path begins at an element and <c>.</c> is the element itself.</param>
    public static IReadOnlyList<ColumnMapping> Read(SectionReader collection, string? unmapped, bool ofElements = false)
    {
        const string expected = "a map with at least one column, such as { id: { path: _id, type: text } }";
        if (collection.Find("columns") is not { } node)
        {
            collection.Missing("columns", expected);
            return [];
        }

        if (node is not YamlMap { Entries.Count: > 0 } map)
        {
            collection.Mistake("columns", $"{(node is YamlMap ? "is empty" : node.Is)}; expected {expected}");
            return [];
        }

        var columns = map.Entries.Select(entry => ReadOne(collection, entry.Key, entry.Value, unmapped, ofElements)).ToList();
        if (unmapped is not null && columns.TrueForAll(c => c.Name != unmapped))
        {
            columns.Add(new ColumnMapping(unmapped, [], new ColumnType(ColumnKind.Jsonb), false, collection.PlaceOf("unmapped").Line));
        }

        return columns;
    }

    private static ColumnMapping ReadOne(SectionReader collection, YamlText key, YamlNode value, string? unmapped, bool ofElements)
    {
        var label = $"{collection.Label("columns")}.{key.Raw}";
        if (Identifier.ColumnProblem(key.Raw) is { } problem)
        {
            collection.Context.Mistakes.Add(key.Place, $"the column {Shown.Text(key.Raw)} cannot be: {problem}");
        }

        var column = value is YamlText
            ? new ColumnMapping(key.Raw, PathFrom(collection, key.Raw, key.Place, label), ReadType(collection, value, label), false, key.Place.Line)
            : ReadMap(new SectionReader(label, value, key.Place, Keys, collection.Context), key, ofElements);
        return key.Raw == unmapped ? AsUnmapped(collection, column, value, label) : column;
    }

    private static ColumnMapping ReadMap(SectionReader section, YamlText key, bool ofElements)
    {
        if (section.Find("type") is null)
        {
            section.Missing("type", ExpectedType);
        }

        var type = section.Find("type") is { } node ? ReadType(section, node, section.Label("type")) : AnyType;
        var required = section.Flag("required") ?? false;
        if (ofElements && section.Find("path") is YamlText { Raw: "." })
        {
            return ReadElement(section, key, type, required);
        }

        return section.Flag("enriched") == true
            ? ReadEnriched(section, key, type, required)
            : ReadMapped(section, key, type, required);
    }

    // Its path is empty, so that no field of a document is taken for mapped on its account.
    private static ColumnMapping ReadEnriched(SectionReader section, YamlText key, ColumnType type, bool required)
    {
        foreach (var other in NotBesideEnriched.Where(other => section.Find(other) is not null))
        {
            section.Mistake(other, "stands beside enriched: true; expected one of them: a column that only enrichment fills takes no field");
        }

        return new ColumnMapping(key.Raw, [], type, required, key.Place.Line) { IsEnriched = true };
    }

    // Its path is empty, as it takes no field of the element.
    private static ColumnMapping ReadElement(SectionReader section, YamlText key, ColumnType type, bool required)
    {
        foreach (var other in NotBesideElement.Where(other => section.Find(other) is not null))
        {
            section.Mistake(other, "stands beside path '.', which is the element itself; expected one of them");
        }

        var transforms = TransformsSection.Read(section, type);
        if (transforms is [{ Kind: TransformKind.Concat }, ..])
        {
            section.Mistake("path", "stands beside a concat, which names its fields itself; expected one of the two");
        }

        return new ColumnMapping(key.Raw, [], type, required, key.Place.Line)
        {
            IsElement = true,
            Default = ColumnLiteral.Read(section, "default", type),
            Transforms = transforms,
            OnUnfit = UnfitSection.Read(section, type, required),
        };
    }

    private static ColumnMapping ReadMapped(SectionReader section, YamlText key, ColumnType type, bool required)
    {
        var transforms = TransformsSection.Read(section, type);
        var hasPath = section.Find("constant") is null && transforms is not [{ Kind: TransformKind.Concat }, ..];
        CheckSource(section, hasPath);
        return new ColumnMapping(key.Raw, hasPath ? ReadPath(section, key) : [], type, required, key.Place.Line)
        {
            Constant = ColumnLiteral.Read(section, "constant", type),
            Default = ColumnLiteral.Read(section, "default", type),
            Transforms = transforms,
            OnUnfit = section.Find("constant") is null ? UnfitSection.Read(section, type, required) : null,
        };
    }

    private static void CheckSource(SectionReader section, bool hasPath)
    {
        if (section.Find("constant") is not null)
        {
            foreach (var key in NotBesideConstant.Where(key => section.Find(key) is not null))
            {
                section.Mistake(key, "stands beside 'constant', which is every row's value; expected one of the two");
            }
        }
        else if (!hasPath && section.Find("path") is not null)
        {
            section.Mistake("path", "stands beside a concat, which names its fields itself; expected one of the two");
        }
    }

    private static ColumnType ReadType(SectionReader section, YamlNode node, string label)
    {
        if (section.TextOf(node, label, ExpectedType) is not { } text)
        {
            return AnyType;
        }

        if (section.Context.Enums.Find(text) is { } listed)
        {
            return listed;
        }

        if (ColumnType.TryParse(text, out var type, out var problem))
        {
            return type;
        }

        // The parser's sentence repeats the text, which must not be one that a placeholder brought in.
        var isAsWritten = ((YamlText)node).Raw == text;
        section.Context.Mistakes.Add(node.Place, $"{label}: {(isAsWritten ? problem : $"{Shown.Text(((YamlText)node).Raw)} is not {ExpectedType}")}{KnownEnums(section)}");
        return AnyType;
    }

    private static string KnownEnums(SectionReader section) =>
        section.Context.Enums.Names is { Count: > 0 } names ? $" ({EnumsSection.Key}: {string.Join(", ", names)})" : "";

    // A list is for field names that hold dots themselves.
    private static string[] ReadPath(SectionReader section, YamlText key)
    {
        const string expected = "field names joined by dots, such as vendor.address.city";
        return section.Find("path") switch
        {
            null => PathFrom(section, key.Raw, key.Place, section.Name),
            YamlList => [.. section.Texts("path", expected).Select(part => part.Value)],
            var node => section.Text("path", expected) is { } path ? PathFrom(section, path, node.Place, section.Label("path")) : [],
        };
    }

    internal static string[] PathFrom(SectionReader section, string path, Place place, string label)
    {
        var parts = path.Split('.');
        if (parts.Any(part => part.Length == 0))
        {
            section.Context.Mistakes.Add(place, $"{label}: a path has an empty part; expected field names joined by single dots");
        }

        return parts;
    }

    // Its path is empty, so that no field of a document is taken for mapped on its account.
    private static ColumnMapping AsUnmapped(SectionReader collection, ColumnMapping column, YamlNode value, string label)
    {
        foreach (var key in NotOfUnmapped)
        {
            if ((value as YamlMap)?.Find(key) is { } found)
            {
                collection.Context.Mistakes.Add(found.Place, $"{label} takes the unmapped fields; expected no {key}");
            }
        }

        if (column.IsEnriched)
        {
            collection.Context.Mistakes.Add(value.Place, $"{label} takes the unmapped fields; expected enriched: false");
        }

        if (column.Type is not { Kind: ColumnKind.Jsonb, IsArray: false })
        {
            collection.Context.Mistakes.Add(value.Place, $"{label} takes the unmapped fields but is {column.Type}; expected jsonb");
        }

        return column with { Path = [], Constant = null, Default = null, Transforms = [], OnUnfit = null, IsElement = false };
    }
}
