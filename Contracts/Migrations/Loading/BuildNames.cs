namespace Migration.Contracts.Migrations.Loading;

/// <summary>PostgreSQL has one name space for the tables and indexes of a schema, and one for the constraints of a table.</summary>
internal static class BuildNames
{
    public static void Check(IReadOnlyList<OwnedTable> tables)
    {
        var relations = tables.ToLookup(table => (table.Mapping.Table.Schema, table.Mapping.Table.Name), _ => "a table").ToDictionary(g => g.Key, g => g.First());
        foreach (var (section, mapping, _) in tables.Where(table => table.Mapping.AfterLoad is not null))
        {
            var constraints = new HashSet<string>(StringComparer.Ordinal);
            foreach (var index in mapping.AfterLoad!.Indexes)
            {
                if (!relations.TryAdd((mapping.Table.Schema, index.Name), "an index"))
                    Clash(section, index.Name, $"{relations[(mapping.Table.Schema, index.Name)]} of schema '{mapping.Table.Schema}' in this file");
                if (index.IsConstraint)
                    constraints.Add(index.Name);
            }

            foreach (var key in mapping.AfterLoad.ForeignKeys.Where(key => !constraints.Add(key.Name)))
                Clash(section, key.Name, "another constraint of the table");
        }
    }

    private static void Clash(SectionReader section, string name, string other) =>
        section.Mistake(AfterLoadSection.Key, $"makes {Shown.Text(name)}, which is also the name of {other}; give one of them another 'name'");
}
