using System.Text.Json.Serialization;

namespace Migration.Contracts.Migrations;

/// <summary>Copies what links lead to into a store, and puts the new links in their place.</summary>
public sealed record RehostStep : EnrichmentStep
{
    [JsonIgnore]
    public override string Kind => "rehost";

    /// <summary>Columns of texts, or of arrays of texts, that hold links; those of a child's table as <c>table.column</c>.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    public required StoreSettings Store { get; init; }

    /// <summary>What is written in a link's place; <c>{key}</c> stands for the content's key in the store.</summary>
    public required string Link { get; init; }

    /// <summary>Media types, as the content itself shows them; <c>image/*</c> for all of a kind.</summary>
    public IReadOnlyList<string> Types { get; init; } = ["image/*"];

    /// <summary>Bytes of a content at most.</summary>
    public int MaxBytes { get; init; } = 20 * 1024 * 1024;

    /// <summary>
    /// Hosts, addresses and networks that links may lead to although they are on the worker's own machine or in a private
    /// network.
    /// </summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    public StepFailureAction OnFailure { get; init; } = StepFailureAction.Quarantine;

    /// <summary>For each host that links lead to.</summary>
    public CallSettings Calls { get; init; } = new();

    [JsonIgnore]
    public override IReadOnlyList<string> Reads => Columns;

    [JsonIgnore]
    public override IReadOnlyList<string> Writes => Columns;

    internal override EnrichmentStep WithoutTuning() => this with { Line = 0, SecondsPerRecord = null, Calls = new CallSettings(), Allow = [], Store = Store.WithoutSecrets() };
}
