using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;

namespace Migration.Worker;

/// <summary>What the documents of a collection become, and where they go.</summary>
/// <param name="enrichment">Null where a record's way ends with mapping: the collection has none, or rows are only looked at.</param>
internal class CollectionRows(CollectionMapping mapping, RowEnrichment? enrichment = null)
{
    public CollectionMapping Mapping { get; } = mapping;

    public RecordMapper Mapper { get; } = new(mapping);

    public RowEnrichment? Enrichment { get; } = enrichment;

    public TableWriter Writer { get; } = new(mapping);
}
