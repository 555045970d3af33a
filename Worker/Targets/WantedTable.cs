using Migration.Contracts.Migrations;

namespace Migration.Worker.Targets;

/// <summary>A table as a migration needs it: a collection's own, or one of its children.</summary>
/// <param name="Mapping">A child's in the terms of a collection's.</param>
/// <param name="LosesRows">Rows are deleted from it, to write others in their place.</param>
internal sealed record WantedTable(CollectionMapping Mapping, bool LosesRows)
{
    /// <summary>Parents before their children.</summary>
    public static IEnumerable<WantedTable> Of(CollectionMapping collection) =>
        ChildTable.Of(collection)
            .Select(child => new WantedTable(child.Mapping, collection.OnConflict == ConflictAction.Overwrite))
            .Prepend(new WantedTable(collection, LosesRows: false));
}
