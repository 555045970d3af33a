namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// Whether PostgreSQL will take a foreign key onto a table of the file: it would say so only after the load. Other tables
/// are looked at when there is a connection.
/// </summary>
internal sealed class ForeignKeyTypes(CollectionMapping mapping, FileTables all)
{
    private static readonly ColumnKind[][] Families =
    [
        [ColumnKind.Text, ColumnKind.Varchar], [ColumnKind.Int2, ColumnKind.Int4, ColumnKind.Int8], [ColumnKind.Float4, ColumnKind.Float8],
    ];

    public void Check(SectionReader section, string key, ForeignKey foreignKey)
    {
        if (foreignKey.Columns.Count != foreignKey.References.Count)
        {
            section.Mistake(key, $"is {Count(foreignKey.References.Count)} for {Count(foreignKey.Columns.Count)}; expected one for each");
            return;
        }

        if (all.Table(foreignKey.Table) is not { Columns.Count: > 0 } referenced)
            return;
        foreach (var (column, reference) in foreignKey.Columns.Zip(foreignKey.References))
            CheckPair(section, key, column, referenced, reference);
        if (foreignKey.References.All(name => referenced.Columns.Any(column => column.Name == name)) && !IsUnique(referenced, foreignKey.References))
            section.Mistake(key, $"is ({string.Join(", ", foreignKey.References)}) of {referenced.Table}, which nothing makes unique; expected its primary key ({string.Join(", ", referenced.PrimaryKey)}), or a 'unique' in its {AfterLoadSection.Key}");
    }

    private void CheckPair(SectionReader section, string key, string column, CollectionMapping referenced, string reference)
    {
        if (referenced.Columns.FirstOrDefault(known => known.Name == reference) is not { } there)
        {
            section.Mistake(key, $"names {Shown.Text(reference)}, which is not a column of {referenced.Table}{NearestWord.Hint(reference, [.. referenced.Columns.Select(known => known.Name)])}");
        }
        else if (mapping.Columns.First(known => known.Name == column).Type is var here && !Fit(here, there.Type))
        {
            section.Mistake(key, $"makes {column}, which is {here}, refer to {referenced.Table}.{reference}, which is {there.Type}; expected the same type");
        }
    }

    private static bool Fit(ColumnType here, ColumnType there) =>
        here.IsArray == there.IsArray && here.Kind is not ColumnKind.Json
        && (here.Kind == there.Kind || Array.Exists(Families, family => family.Contains(here.Kind) && family.Contains(there.Kind)));

    private static bool IsUnique(CollectionMapping referenced, IReadOnlyList<string> columns) =>
        referenced.PrimaryKey.ToHashSet().SetEquals(columns)
        || (referenced.AfterLoad?.Indexes ?? []).Any(index =>
            index is { IsUnique: true, Where: null } && index.Columns.Select(column => column.Name).ToHashSet().SetEquals(columns));

    private static string Count(int columns) => columns == 1 ? "1 column" : $"{columns} columns";
}
