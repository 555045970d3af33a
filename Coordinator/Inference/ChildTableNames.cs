namespace Migration.Coordinator.Inference;

/// <summary>Names tables of children after the table that they belong to, each once over all collections.</summary>
/// <param name="Tables">Of all collections.</param>
/// <param name="Parent">The table that the children belong to.</param>
/// <param name="Key">What a child calls the columns of the parent's primary key.</param>
internal sealed record ChildTableNames(ColumnNames Tables, string Parent, IReadOnlyList<string> Key);
