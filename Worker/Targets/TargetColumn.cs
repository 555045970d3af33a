using Migration.Contracts.Migrations;

namespace Migration.Worker.Targets;

/// <summary>A column of the target as the migration wants it.</summary>
internal sealed record TargetColumn(string Name, ColumnType Type, bool NotNull)
{
    /// <summary>
    /// The columns in the order of the file, and last, unless the file lists it, the one that keeps unmapped fields.
    /// Rows have their fields in this order.
    /// </summary>
    public static IReadOnlyList<TargetColumn> Of(CollectionMapping mapping)
    {
        var columns = mapping.Columns
            .Select(c => new TargetColumn(c.Name, c.Type, c.Required || mapping.PrimaryKey.Contains(c.Name)))
            .ToList();
        if (mapping.Unmapped is { Action: UnmappedAction.Keep, Column: { } kept } && columns.TrueForAll(c => c.Name != kept))
        {
            columns.Add(new TargetColumn(kept, new ColumnType(ColumnKind.Jsonb), true));
        }

        return columns;
    }
}
