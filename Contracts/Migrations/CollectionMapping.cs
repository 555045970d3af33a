using System.Text.Json.Serialization;

namespace Migration.Contracts.Migrations;

/// <summary>One collection, its filter, and the table that its records become rows of.</summary>
public sealed record CollectionMapping
{
    /// <summary>The source collection's name.</summary>
    public required string Name { get; init; }

    /// <summary>A MongoDB query as extended JSON, or null for every record.</summary>
    public string? Filter { get; init; }

    /// <summary>Schema and name; the target's schema and the collection's name when absent.</summary>
    public required TableName Table { get; init; }

    /// <summary>Names of the columns of the primary key, in order; at least one.</summary>
    public required IReadOnlyList<string> PrimaryKey { get; init; }

    public ConflictAction OnConflict { get; init; } = ConflictAction.Fail;

    /// <summary>More records in quarantine pause the collection; null for <see cref="LimitSettings.MaxQuarantined"/>.</summary>
    public QuarantineLimit? MaxQuarantined { get; init; }

    /// <summary>In the order of the file, which is the order of the table that is created.</summary>
    public required IReadOnlyList<ColumnMapping> Columns { get; init; }

    /// <summary>What is done with rows once they are mapped, in order.</summary>
    [JsonIgnore]
    public IReadOnlyList<EnrichmentStep> Enrichment => Enrich ?? [];

    /// <summary>As stored: null, and not there in the ledger, where a collection has no step.</summary>
    public IReadOnlyList<EnrichmentStep>? Enrich { get; init; }

    /// <summary>Null where the file says nothing of it: <see cref="AfterLoad.Default"/>.</summary>
    public AfterLoad? AfterLoad { get; init; }

    public UnmappedFields Unmapped { get; init; } = UnmappedFields.Ignore;

    /// <summary>
    /// Arrays and subdocuments whose elements become rows of tables of their own. As stored: null, and not there in the
    /// ledger, where a collection has none.
    /// </summary>
    public IReadOnlyList<ChildMapping>? Children { get; init; }
}
