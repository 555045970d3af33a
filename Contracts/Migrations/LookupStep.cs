using System.Text.Json.Serialization;

namespace Migration.Contracts.Migrations;

/// <summary>Takes values from a CSV file or a table of the target database, which is loaded once.</summary>
public sealed record LookupStep : EnrichmentStep
{
    [JsonIgnore]
    public override string Kind => "lookup";

    /// <summary>An absolute path; null for a table.</summary>
    public string? Csv { get; init; }

    /// <summary>A table or view of the target database; null for a file.</summary>
    public TableName? Table { get; init; }

    /// <summary>Columns of the file or table that are compared, each with the collection's column that it is compared with.</summary>
    public required IReadOnlyDictionary<string, string> Match { get; init; }

    /// <summary>Columns, each with the file's or table's column that it takes.</summary>
    public required IReadOnlyDictionary<string, string> Take { get; init; }

    /// <summary>What becomes of a record that nothing matches; NULL by default.</summary>
    public StepFailureAction OnMissing { get; init; } = StepFailureAction.Null;

    [JsonIgnore]
    public override IReadOnlyList<string> Reads => [.. Match.Values.Distinct()];

    [JsonIgnore]
    public override IReadOnlyList<string> Writes => [.. Take.Keys];

    internal override EnrichmentStep WithoutTuning() => this with { Line = 0 };
}
