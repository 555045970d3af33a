using System.Text.Json.Serialization;

namespace Migration.Contracts.Migrations;

/// <summary>Gives records to a class of the user's own, and takes the values that it returns.</summary>
public sealed record PluginStep : EnrichmentStep
{
    [JsonIgnore]
    public override string Kind => "plugin";

    /// <summary>The absolute path of the folder with the class's assembly and all that it needs.</summary>
    public required string Folder { get; init; }

    /// <summary>The class's name with its namespace.</summary>
    public required string Class { get; init; }

    /// <summary>What it is opened with. Placeholders <c>${...}</c> are kept as they are written, for each worker replaces them.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Columns that it is given.</summary>
    public required IReadOnlyList<string> Read { get; init; }

    /// <summary>Columns that it may give values to.</summary>
    public required IReadOnlyList<string> Write { get; init; }

    /// <summary>Records a call at most; null for a class that takes one at a time.</summary>
    public int? Batch { get; init; }

    /// <summary>Seconds that opening and each call may take. Default 30, 1 to 600.</summary>
    public int TimeoutSeconds { get; init; } = 30;

    public StepFailureAction OnFailure { get; init; } = StepFailureAction.Quarantine;

    [JsonIgnore]
    public override IReadOnlyList<string> Reads => Read;

    [JsonIgnore]
    public override IReadOnlyList<string> Writes => Write;

    internal override EnrichmentStep WithoutTuning() => this with { Line = 0, SecondsPerRecord = null, TimeoutSeconds = 30 };
}
