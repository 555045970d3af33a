namespace Migration.Contracts.Ledger;

/// <summary>What is made of a table once its rows are in, and which of it.</summary>
/// <param name="Table">Schema and name, as <see cref="Migrations.TableName"/> shows them.</param>
/// <param name="Name">Of the index or constraint; a sequence's column; empty for statistics.</param>
public sealed record BuildId(BuildKind Kind, string Table, string Name);

public enum BuildKind
{
    Index,
    ForeignKey,
    Sequence,
    Analyze,
}

public enum BuildState
{
    Waiting,
    Building,

    /// <summary>Made by the run.</summary>
    Built,

    /// <summary>It was there before.</summary>
    Present,

    /// <summary>The user may not do it. Nobody asked for it, so that the run is complete without.</summary>
    Skipped,

    /// <summary>It is not there; a later attempt may make it.</summary>
    Failed,
}

/// <summary>How a build ended.</summary>
/// <param name="Note">Why it failed or was skipped, or what it came to; else null.</param>
/// <param name="Violations">Rows that stand in the way of a constraint; null where that is not it.</param>
/// <param name="Samples">Keys of some of them.</param>
public sealed record BuildOutcome(BuildState State, string? Note = null, long? Violations = null, IReadOnlyList<string>? Samples = null);

/// <summary>A build as it stands in the ledger.</summary>
/// <param name="Definition">For people.</param>
/// <param name="Attempts">Of all coordinators.</param>
/// <param name="Seconds">Of the latest attempt, until now while it goes on; null before the first.</param>
public sealed record BuildRecord(
    BuildId Id, string Definition, BuildState State, int Attempts, DateTimeOffset? StartedAt, double? Seconds, string? Note,
    long? Violations, IReadOnlyList<string> Samples)
{
    /// <summary>Whether it needs no further attempt.</summary>
    public bool IsDone => State is BuildState.Built or BuildState.Present or BuildState.Skipped;
}
