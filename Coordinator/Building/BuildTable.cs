using Migration.Contracts.Migrations;

namespace Migration.Coordinator.Building;

/// <summary>A table that a run fills, and what is made of it afterwards.</summary>
/// <param name="Collection">Whose slices must have their outcome first.</param>
/// <param name="Columns">That the run fills.</param>
internal sealed record BuildTable(
    TableName Name, string Collection, IReadOnlyList<string> PrimaryKey, IReadOnlyList<string> Columns, AfterLoad AfterLoad)
{
    /// <summary>The tables of the file, in its order.</summary>
    public static IReadOnlyList<BuildTable> Of(MigrationFile file)
        => [.. file.Collections.Select(collection => new BuildTable(
            collection.Table, collection.Name, collection.PrimaryKey, [.. collection.Columns.Select(column => column.Name)],
            collection.AfterLoad ?? AfterLoad.Default))];
}
