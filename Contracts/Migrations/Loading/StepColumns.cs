namespace Migration.Contracts.Migrations.Loading;

/// <summary>The columns that a step of enrichment may name: all but the one that takes unmapped fields.</summary>
/// <param name="children">Of the collection; null without any.</param>
internal sealed class StepColumns(IReadOnlyList<ColumnMapping> all, IReadOnlyList<ChildMapping>? children = null)
{
    private readonly List<(string Name, ColumnMapping Column, bool IsKey)> _ofChildren = [.. OfChildren(children)];

    public IReadOnlyList<ColumnMapping> All { get; } = all;

    /// <summary>The column, or null after adding a mistake.</summary>
    public ColumnMapping? Find(SectionReader section, Place place, string label, string name)
    {
        var column = All.FirstOrDefault(c => c.Name == name);

        // An unreadable 'columns' has its own mistake already.
        if (column is null && All.Count > 0)
        {
            section.Context.Mistakes.Add(place, $"{label} names {Shown.Text(name)}, which is not a column{NearestWord.Hint(name, [.. All.Select(c => c.Name)])}");
        }

        return column;
    }

    /// <summary>The column, also one of a child's table by the name <c>table.column</c>; null after adding a mistake.</summary>
    public ColumnMapping? FindAlsoOfChild(SectionReader section, Place place, string label, string name)
    {
        var (_, column, isKey) = _ofChildren.Find(child => child.Name == name);
        if (isKey)
        {
            section.Context.Mistakes.Add(place, $"{label} names {Shown.Text(name)}, which is in its table's primary key; expected another column");
        }

        if (column is not null || All.Any(own => own.Name == name) || All.Count == 0)
        {
            return column ?? All.FirstOrDefault(own => own.Name == name);
        }

        section.Context.Mistakes.Add(
            place, $"{label} names {Shown.Text(name)}, which is not a column{NearestWord.Hint(name, [.. All.Select(own => own.Name), .. _ofChildren.Select(child => child.Name)])}");
        return null;
    }

    private static IEnumerable<(string Name, ColumnMapping Column, bool IsKey)> OfChildren(IReadOnlyList<ChildMapping>? children) =>
        (children ?? []).SelectMany(child => child.Columns
            .Where(column => column.Name != child.Unmapped.Column)
            .Select(column => ($"{child.Table.Name}.{column.Name}", column, child.PrimaryKey.Contains(column.Name)))
            .Concat(OfChildren(child.Children)));
}
