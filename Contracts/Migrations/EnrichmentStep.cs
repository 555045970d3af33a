using System.Text.Json.Serialization;

namespace Migration.Contracts.Migrations;

/// <summary>One step of a collection's enrichment: reads columns of a row that was mapped, and gives columns new values.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "$step")]
[JsonDerivedType(typeof(HttpStep), "http")]
[JsonDerivedType(typeof(RehostStep), "rehost")]
[JsonDerivedType(typeof(LookupStep), "lookup")]
[JsonDerivedType(typeof(PluginStep), "plugin")]
public abstract record EnrichmentStep
{
    /// <summary>The key that the file has it under, for messages.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }

    /// <summary>The line of the migration file, from 1, for messages.</summary>
    public int Line { get; init; }

    /// <summary>
    /// Seconds that a record, or a call for many, takes in this step, as the file says them for planning; null where it does
    /// not. Above 0, at most 3600.
    /// </summary>
    public decimal? SecondsPerRecord { get; init; }

    /// <summary>Names of the columns whose values the step needs, each once.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<string> Reads { get; }

    /// <summary>Names of the columns that the step gives values to, each once.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<string> Writes { get; }

    /// <summary>The step without what may change while a run goes on: it decides which values rows get.</summary>
    internal abstract EnrichmentStep WithoutTuning();
}
