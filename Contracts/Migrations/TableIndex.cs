namespace Migration.Contracts.Migrations;

/// <summary>An index, or a unique constraint.</summary>
/// <param name="Name">As given, or made of table and columns; at most 63 bytes.</param>
/// <param name="Columns">In order, at least one.</param>
public sealed record TableIndex(string Name, IReadOnlyList<IndexColumn> Columns)
{
    public bool IsUnique { get; init; }

    /// <summary>True for a unique constraint, which has the index's name and columns.</summary>
    public bool IsConstraint { get; init; }

    /// <summary>PostgreSQL's access method.</summary>
    public string Method { get; init; } = "btree";

    /// <summary>A condition in SQL; null for every row.</summary>
    public string? Where { get; init; }
}

/// <summary>A column of an index.</summary>
/// <param name="Operators">An operator class, such as <c>jsonb_path_ops</c>; null for the type's own.</param>
public sealed record IndexColumn(string Name, bool IsDescending = false, string? Operators = null);
