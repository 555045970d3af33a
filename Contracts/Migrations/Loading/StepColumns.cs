namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// The columns that a step of enrichment may name: the collection's own, and those of its children's tables as
/// <c>table.column</c>; none that takes unmapped fields.
/// </summary>
/// <param name="all">The collection's own.</param>
/// <param name="children">Of the collection; null without any.</param>
internal sealed class StepColumns(IReadOnlyList<ColumnMapping> all, IReadOnlyList<ChildMapping>? children = null)
{
    private readonly List<OfChild> _ofChildren = [.. Of(children)];

    /// <summary>Those that no field fills, by the names that steps have for them.</summary>
    public IEnumerable<(string Name, ColumnMapping Column)> Enriched =>
        all.Select(column => (column.Name, Column: column)).Concat(_ofChildren.Select(child => (child.Name, child.Column))).Where(named => named.Column.IsEnriched);

    /// <summary>The column, or null after adding a mistake.</summary>
    /// <param name="isFilled">The step gives it values, which no column of a child's primary key takes.</param>
    public ColumnMapping? Find(SectionReader section, Place place, string label, string name, bool isFilled)
    {
        if (all.FirstOrDefault(own => own.Name == name) is { } own)
        {
            return own;
        }

        var found = _ofChildren.FindAll(child => child.Name == name);
        if (Problem(name, found, isFilled) is { } problem)
        {
            section.Context.Mistakes.Add(place, $"{label} names {Shown.Text(name)}, {problem}");
        }

        return found.FirstOrDefault()?.Column;
    }

    public bool Has(string name) => all.Any(own => own.Name == name) || _ofChildren.Exists(child => child.Name == name);

    /// <summary>The child's table that the column is of; null for the collection's own, and for one that is not there.</summary>
    public TableName? TableOf(string name) =>
        all.Any(own => own.Name == name) ? null : _ofChildren.Find(child => child.Name == name)?.Table;

    private string? Problem(string name, List<OfChild> found, bool isFilled) => found switch
    {
        // An unreadable 'columns' has its own mistake already.
        [] when all.Count == 0 => null,
        [] => $"which is not a column{NearestWord.Hint(name, [.. all.Select(own => own.Name), .. _ofChildren.Select(child => child.Name)])}",
        [var first, var second, ..] => $"which {first.Table} and {second.Table} both have; expected tables of different names",
        [{ IsKey: true }] when isFilled => "which is in its table's primary key; expected another column",
        _ => null,
    };

    private static IEnumerable<OfChild> Of(IReadOnlyList<ChildMapping>? children) =>
        (children ?? []).SelectMany(child => child.Columns
            .Where(column => column.Name != child.Unmapped.Column)
            .Select(column => new OfChild($"{child.Table.Name}.{column.Name}", column, child.Table, child.PrimaryKey.Contains(column.Name)))
            .Concat(Of(child.Children)));

    private sealed record OfChild(string Name, ColumnMapping Column, TableName Table, bool IsKey);
}
