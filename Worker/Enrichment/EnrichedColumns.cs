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
        _ofChildren = mapping.Enrichment.SelectMany(step => step.Reads.Concat(step.Writes)).Except(_places.Keys)
            .ToDictionary(name => name, name => ChildColumn.Of(mapping, name), StringComparer.Ordinal);
        RequiredOfChildren = [.. _ofChildren.Where(child => child.Value.Step.Column.NotNull && written.Contains(child.Key)).Select(child => child.Value)];
    }

    /// <summary>In the order of a row's fields.</summary>
    public IReadOnlyList<ColumnStep> Steps { get; }

    /// <summary>For each column, whether a step gives it values.</summary>
    public IReadOnlyList<bool> Written { get; }

    /// <summary>Columns of children's tables that must have a value, and that a step may have taken theirs.</summary>
    public IReadOnlyList<ChildColumn> RequiredOfChildren { get; }

    public int PlaceOf(string column) => _places[column];

    /// <summary>Null for a column of the collection's own table.</summary>
    public ChildColumn? OfChild(string column) => _ofChildren.GetValueOrDefault(column);

    /// <summary>
    /// The child's table whose rows a step is given one by one, because it fills them; null for a step that is given records.
    /// The loader sees to it that a step fills one table; one that re-hosts links goes through a record's rows by itself.
    /// </summary>
    public int? TableOf(EnrichmentStep? step) => step is null or RehostStep ? null : OfChild(step.Writes[0])?.Table;
}
