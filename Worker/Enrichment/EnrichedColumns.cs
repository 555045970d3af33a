using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;

namespace Migration.Worker.Enrichment;

/// <summary>The columns of an enriched collection by name, and which of them steps give values to.</summary>
internal sealed class EnrichedColumns
{
    private readonly Dictionary<string, int> _places;
    private readonly Dictionary<string, ChildColumn> _ofChildren;

    public EnrichedColumns(CollectionMapping mapping)
    {
        Steps = [.. TargetColumn.Of(mapping).Select(column => new ColumnStep(column, null, mapping.PrimaryKey.Contains(column.Name)))];
        _places = Steps.Select((step, place) => (step.Column.Name, place)).ToDictionary(pair => pair.Name, pair => pair.place, StringComparer.Ordinal);
        var written = mapping.Enrichment.SelectMany(step => step.Writes).ToHashSet(StringComparer.Ordinal);
        Written = [.. Steps.Select(step => written.Contains(step.Column.Name))];
        _ofChildren = written.Except(_places.Keys).Select(name => ChildColumn.Of(mapping, name)).ToDictionary(column => column.Step.Column.Name, StringComparer.Ordinal);
    }

    /// <summary>In the order of a row's fields.</summary>
    public IReadOnlyList<ColumnStep> Steps { get; }

    /// <summary>For each column, whether a step gives it values.</summary>
    public IReadOnlyList<bool> Written { get; }

    public int PlaceOf(string column) => _places[column];

    /// <summary>Null for a column of the collection's own table.</summary>
    public ChildColumn? OfChild(string column) => _ofChildren.GetValueOrDefault(column);
}
