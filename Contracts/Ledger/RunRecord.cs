namespace Migration.Contracts.Ledger;

/// <summary>A run as it stands in the ledger.</summary>
/// <param name="File">The migration file as JSON, without secrets.</param>
/// <param name="Reason">Why it is incomplete; else null.</param>
public sealed record RunRecord(
    Guid Id, string Name, RunState State, string File, string FileHash, string? Reason, DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt);

/// <summary>The states of a run.</summary>
public enum RunState
{
    /// <summary>Its collections are being cut; no message was sent yet.</summary>
    Planning,

    /// <summary>Workers take its slices.</summary>
    Running,

    /// <summary>Every slice is completed and the counts add up to the source's.</summary>
    Completed,

    /// <summary>It ended without that; the reason stands beside it, and running it again goes on with it.</summary>
    Incomplete,
}
