namespace Migration.Contracts.Migrations;

/// <summary>What a column's values refer to.</summary>
/// <param name="Collection">A collection of the file. A DBRef of another one does not fit the column.</param>
/// <param name="Database">The source's; a DBRef that names another one does not fit. Null where it is not known.</param>
public sealed record ColumnReference(string Collection, string? Database = null);
