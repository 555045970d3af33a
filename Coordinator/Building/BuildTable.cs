using Migration.Contracts.Migrations;
using Migration.Worker.Targets;

namespace Migration.Coordinator.Building;

/// <summary>A table that a run fills, and what is made of it afterwards.</summary>
/// <param name="Collection">Whose slices must have their outcome first.</param>
/// <param name="Columns">That the run fills.</param>
internal sealed record BuildTable(
    TableName Name, string Collection, IReadOnlyList<string> PrimaryKey, IReadOnlyList<string> Columns, AfterLoad AfterLoad)
{
    /// <summary>The tables of the file, in its order, each collection's followed by its children's.</summary>
    public static IReadOnlyList<BuildTable> Of(MigrationFile file)
        => [.. file.Collections.SelectMany(WantedTable.Of).Select(wanted => wanted.Mapping).Select(table => new BuildTable(
            table.Table, table.Name, table.PrimaryKey, [.. table.Columns.Select(column => column.Name)], table.AfterLoad ?? AfterLoad.Default))];
}
