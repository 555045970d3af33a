namespace Migration.Contracts.Migrations;

/// <summary>What a user writes: one YAML file that says what is moved from where to where, and how.</summary>
public sealed record MigrationFile
{
    /// <summary>The run's default name; the file's name without extension when absent.</summary>
    public required string Name { get; init; }

    public required SourceSettings Source { get; init; }

    public required TargetSettings Target { get; init; }

    /// <summary>Null when the file names no broker: the run is then hosted in the coordinator's process.</summary>
    public BrokerSettings? Broker { get; init; }

    public SliceSettings Slices { get; init; } = new();

    public WorkerSettings Worker { get; init; } = new();

    public LimitSettings Limits { get; init; } = new();

    /// <summary>At least one, names unique, in the order in which they are migrated.</summary>
    public required IReadOnlyList<CollectionMapping> Collections { get; init; }

    /// <summary>The collection's own limit, or the one for all.</summary>
    public QuarantineLimit MaxQuarantinedOf(CollectionMapping collection)
    {
        ArgumentNullException.ThrowIfNull(collection);
        return collection.MaxQuarantined ?? Limits.MaxQuarantined;
    }
}
