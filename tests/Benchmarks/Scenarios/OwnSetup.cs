namespace Migration.Benchmarks.Scenarios;

/// <summary>How this system is run.</summary>
internal sealed record OwnSetup
{
    public int Workers { get; init; } = 1;

    /// <summary>Through RabbitMQ, with workers as processes of their own; else in the coordinator's process.</summary>
    public bool ByBroker { get; init; }

    /// <summary>In each slice; null leaves it to the planner.</summary>
    public int? SliceRecords { get; init; }

    /// <summary>Of a worker at a time; null for the default.</summary>
    public int? SlicesInHand { get; init; }

    public string OnConflict { get; init; } = "fail";

    /// <summary>Rows that are in the table before: all of them, by psql.</summary>
    public bool IntoFull { get; init; }

    public bool FromServer { get; init; }
}
