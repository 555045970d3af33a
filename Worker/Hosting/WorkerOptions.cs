using Migration.Contracts.Migrations;

namespace Migration.Worker.Hosting;

/// <summary>How a worker process was started.</summary>
public sealed record WorkerOptions
{
    /// <summary>The target database, which holds the ledger.</summary>
    public required string Target { get; init; }

    /// <summary>The broker; null inside a coordinator that hosts its workers itself.</summary>
    public string? Broker { get; init; }

    /// <summary>The source, where it differs from what the run's migration file says or holds a password.</summary>
    public string? Source { get; init; }

    /// <summary>The one run to work for; null for every run that the ledger says is running.</summary>
    public string? Run { get; init; }

    /// <summary>
    /// How many times a run's <c>worker.slices</c> this process has in hand at a time. Default 1; a coordinator that
    /// hosts N workers uses N.
    /// </summary>
    public int Multiply { get; init; } = 1;

    /// <summary>How often the ledger is asked for runs to work for. Default 2 seconds.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The run's migration file with the connections that this process was given.</summary>
    internal MigrationFile Connect(string storedFile)
        => StoredMigrationFile.FromStoredJson(storedFile).WithConnections(Source, Target, Broker);
}
