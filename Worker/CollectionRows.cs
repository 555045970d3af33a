using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;

namespace Migration.Worker;

/// <summary>What the documents of a collection become, and where they go.</summary>
internal class CollectionRows(CollectionMapping mapping)
{
    public CollectionMapping Mapping { get; } = mapping;

    public RecordMapper Mapper { get; } = new(mapping);

    public TableWriter Writer { get; } = new(mapping);
}
