using System.Text.Json.Serialization;

namespace Migration.Contracts.Migrations;

/// <summary>An array or subdocument of a record, or of a child's element, whose elements become rows of a table of their own.</summary>
public sealed record ChildMapping
{
    /// <summary>Field names and array indexes from the parent's value to the array or subdocument; at least one.</summary>
    public required IReadOnlyList<string> Path { get; init; }

    public required TableName Table { get; init; }

    /// <summary>The columns that hold the parent's primary key, in its order; of the same types.</summary>
    public required IReadOnlyList<string> ParentKey { get; init; }

    /// <summary>The column of the element's place in its array, from 0; an int4.</summary>
    public required string Ordinal { get; init; }

    /// <summary>Names of the columns of the primary key, in order; the parent's key and the ordinal unless the file says otherwise.</summary>
    public required IReadOnlyList<string> PrimaryKey { get; init; }

    /// <summary>The element's own, in the order of the file; their paths begin at the element.</summary>
    public required IReadOnlyList<ColumnMapping> Columns { get; init; }

    /// <summary>What becomes of the element's fields that no column and no child takes.</summary>
    public UnmappedFields Unmapped { get; init; } = UnmappedFields.Ignore;

    /// <summary>As stored: null, and not there in the ledger, where an element has no children of its own.</summary>
    public IReadOnlyList<ChildMapping>? Children { get; init; }

    /// <summary>Null where the file says nothing of it: <see cref="AfterLoad.Default"/>.</summary>
    public AfterLoad? AfterLoad { get; init; }

    /// <summary>The line of the migration file, from 1, for messages.</summary>
    public required int Line { get; init; }

    /// <summary>The path as the user wrote it, joined by dots.</summary>
    [JsonIgnore]
    public string PathText => string.Join('.', Path);
}
