using Migration.Contracts.Migrations;

namespace Migration.Worker.Targets;

/// <summary>A column of the target as the migration wants it.</summary>
internal sealed record TargetColumn(string Name, ColumnType Type, bool NotNull)
{
    /// <summary>
    /// In the order of the file, the column that keeps unmapped fields included (the loader lists it). Rows have their
    /// fields in this order.
    /// </summary>
    public static IReadOnlyList<TargetColumn> Of(CollectionMapping mapping) =>
        [.. mapping.Columns.Select(c => new TargetColumn(c.Name, c.Type, c.Required || mapping.PrimaryKey.Contains(c.Name)))];
}
