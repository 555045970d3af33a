namespace Migration.Contracts.Migrations.Loading;

/// <summary>The columns that a step of enrichment may name: all but the one that takes unmapped fields.</summary>
internal sealed class StepColumns(IReadOnlyList<ColumnMapping> all)
{
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
}
