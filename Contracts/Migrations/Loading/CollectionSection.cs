namespace Migration.Contracts.Migrations.Loading;

internal static class CollectionSection
{
    public static readonly string[] Keys = ["name", "filter", "table", "primaryKey", "onConflict", LimitsSection.MaxQuarantined, "columns", "unmapped", EnrichSection.Key, ChildrenSection.Key, AfterLoadSection.Key];

    public static readonly string[] ConflictActions = ["fail", "skip", "overwrite"];

    public static CollectionMapping Read(SectionReader section, string defaultSchema)
    {
        var name = ReadName(section);
        var unmapped = UnmappedSection.Read(section);
        var columns = ColumnsSection.Read(section, unmapped.Column);
        var key = ReadPrimaryKey(section, columns, unmapped.Column);
        var table = ReadTable(section, name, defaultSchema);
        var children = ChildrenSection.Read(section, new ChildrenSection.Parent(table, key), defaultSchema);
        var steps = EnrichSection.Read(section, columns, unmapped.Column, children);
        if (children is not null)
        {
            CheckKeyIsMapped(section, key, steps ?? []);
        }

        return new CollectionMapping
        {
            Name = name,
            Filter = FilterText.Read(section, "filter"),
            Table = table,
            PrimaryKey = key,
            OnConflict = Enum.Parse<ConflictAction>(section.Choice("onConflict", ConflictActions) ?? "fail", ignoreCase: true),
            MaxQuarantined = LimitsSection.Limit(section),
            // PostgreSQL makes a key's columns NOT NULL, so a record without one must be quarantined before it gets there.
            Columns = [.. columns.Select(c => c with { Required = c.Required || key.Contains(c.Name) })],
            Enrich = steps,
            Unmapped = unmapped,
            Children = children,
            AfterLoad = AfterLoadSection.Read(section, AfterLoadSection.Keys, table, columns),
        };
    }

    private static void CheckKeyIsMapped(SectionReader section, IReadOnlyList<string> key, IReadOnlyList<EnrichmentStep> steps)
    {
        if (steps.SelectMany(step => step.Writes).FirstOrDefault(key.Contains) is { } written)
        {
            section.Mistake(
                EnrichSection.Key, $"gives values to {Shown.Text(written)}, which is in the primary key; {ChildrenSection.Key} have the key as the document gives it, expected another key or no {ChildrenSection.Key}");
        }
    }

    private static string ReadName(SectionReader section)
    {
        const string expected = "the name of a collection of the source";
        if (section.Find("name") is null)
        {
            section.Missing("name", expected);
        }

        return section.Text("name", expected) ?? "";
    }

    private static TableName ReadTable(SectionReader section, string collection, string defaultSchema)
    {
        if (section.Find("table") is null)
        {
            CheckDefaultTable(section, collection);
            return new TableName(defaultSchema, collection);
        }

        var text = section.Text("table", "table or schema.table");
        if (text is null)
        {
            return new TableName(defaultSchema, "");
        }

        if (!TableNameText.TryParse(text, defaultSchema, out var table, out var problem))
        {
            section.Mistake("table", $"is {section.Raw("table")}; {problem}");
        }

        return table;
    }

    private static void CheckDefaultTable(SectionReader section, string collection)
    {
        if (collection.Length > 0 && Identifier.Problem(collection) is { } problem)
        {
            section.Mistake("name", $"cannot be the table's name: {problem}; give the collection a 'table'");
        }
    }

    private const string ExpectedKey = "the name of a column, or a list of names";

    private static IReadOnlyList<string> ReadPrimaryKey(SectionReader section, IReadOnlyList<ColumnMapping> columns, string? unmapped)
    {
        if (section.Find("primaryKey") is null)
        {
            var id = columns.FirstOrDefault(c => c.Path is ["_id"]);
            section.Missing("primaryKey", ExpectedKey + (id is null ? "" : $", such as {id.Name}"));
            return [];
        }

        return ReadKey(section, columns, unmapped);
    }

    /// <summary>The primary key that the section names.</summary>
    public static IReadOnlyList<string> ReadKey(SectionReader section, IReadOnlyList<ColumnMapping> columns, string? unmapped)
    {
        var key = section.Texts("primaryKey", ExpectedKey);
        for (var i = 0; i < key.Count; i++)
        {
            CheckKeyColumn(section, key[i], key.Take(i).Any(k => k.Value == key[i].Value), columns, unmapped);
        }

        return [.. key.Select(k => k.Value)];
    }

    private static void CheckKeyColumn(
        SectionReader section, (string Value, string Raw) name, bool isRepeated, IReadOnlyList<ColumnMapping> columns, string? unmapped)
    {
        // An unreadable 'columns' has its own mistake already.
        var column = columns.FirstOrDefault(c => c.Name == name.Value);
        if (isRepeated)
        {
            section.Mistake("primaryKey", $"names {Shown.Text(name.Raw)} twice; expected each column once");
        }
        else if (column is null && columns.Count > 0)
        {
            var names = columns.Select(c => c.Name).Where(c => c != unmapped).ToList();
            section.Mistake("primaryKey", $"names {Shown.Text(name.Raw)}, which is not a column{NearestWord.Hint(name.Raw, names)}");
        }
        else if (column is not null && name.Value == unmapped)
        {
            section.Mistake("primaryKey", $"names {Shown.Text(name.Raw)}, which takes the unmapped fields; expected another column");
        }
        else if (column is { OnUnfit: not null })
        {
            section.Mistake("primaryKey", $"names {Shown.Text(name.Raw)}, which has {UnfitSection.Key}; two records whose keys were changed could become one row, expected a column without");
        }
        else if (column is { Type.Kind: ColumnKind.Json })
        {
            section.Mistake("primaryKey", $"names {Shown.Text(name.Raw)}, which is {column.Type}; PostgreSQL cannot compare json, expected jsonb or another column");
        }
    }
}
