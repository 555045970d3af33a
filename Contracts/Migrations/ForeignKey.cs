namespace Migration.Contracts.Migrations;

/// <summary>A foreign key of a table.</summary>
/// <param name="Name">As given, or made of table and columns; at most 63 bytes.</param>
/// <param name="Columns">Of the table that has the foreign key.</param>
/// <param name="Table">The table that they refer to.</param>
/// <param name="References">Its columns, one for each.</param>
public sealed record ForeignKey(string Name, IReadOnlyList<string> Columns, TableName Table, IReadOnlyList<string> References)
{
    public ReferenceAction OnDelete { get; init; } = ReferenceAction.NoAction;

    public ReferenceAction OnUpdate { get; init; } = ReferenceAction.NoAction;
}

/// <summary>What becomes of a row whose referenced row goes or changes.</summary>
public enum ReferenceAction
{
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}
