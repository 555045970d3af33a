namespace Migration.Contracts.Migrations;

/// <summary>What is made of a collection's table once its rows are in.</summary>
public sealed record AfterLoad
{
    /// <summary>What a collection gets that says nothing: its sequences set and its statistics taken.</summary>
    public static readonly AfterLoad Default = new();

    /// <summary>Unique constraints among them.</summary>
    public IReadOnlyList<TableIndex> Indexes { get; init; } = [];

    /// <summary>Those of columns with <c>references</c> among them.</summary>
    public IReadOnlyList<ForeignKey> ForeignKeys { get; init; } = [];

    /// <summary>Whether sequences of the table's columns are set past the largest value that was loaded. Default true.</summary>
    public bool Sequences { get; init; } = true;

    /// <summary>Whether <c>ANALYZE</c> takes the table's statistics. Default true.</summary>
    public bool Analyze { get; init; } = true;
}
