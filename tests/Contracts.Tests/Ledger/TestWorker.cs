using Migration.Contracts.Ledger;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>A registered worker without a process.</summary>
internal sealed record TestWorker(Guid Id, string Name, LedgerDatabase Database)
{
    public SliceLedger Ledger => new(Database.Target, Id, LedgerDatabase.Lease);

    private readonly Dictionary<SliceId, SliceClaim> _claims = [];

    public async Task<ClaimOutcome> TryClaimAsync(SliceId slice, bool redelivered = false, Guid? message = null)
    {
        var outcome = await Ledger.ClaimAsync(slice, message, redelivered, LedgerDatabase.Cancellation);
        if (outcome is ClaimOutcome.Granted { Claim: var claim })
            _claims[slice] = claim;
        return outcome;
    }

    /// <summary>A suspect's attempt begins at once.</summary>
    public async Task<SliceClaim> ClaimAsync(SliceId slice, bool redelivered = false, Guid? message = null)
    {
        var claim = Assert.IsType<ClaimOutcome.Granted>(await TryClaimAsync(slice, redelivered, message)).Claim;
        Assert.True(!claim.IsSuspect || await Ledger.BeginAsync(claim, LedgerDatabase.Cancellation));
        return claim;
    }

    /// <summary>Commits a batch without rows that ends at <paramref name="key"/>.</summary>
    public async Task<SliceClaim> AdvanceAsync(SliceClaim claim, long key, SliceCounts batch, bool isFinal = false)
    {
        await using var connection = await Database.Target.OpenConnectionAsync(LedgerDatabase.Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(LedgerDatabase.Cancellation);
        var after = await SliceLedger.AdvanceAsync(
            transaction, claim, LedgerDatabase.At(key), batch, isFinal, LedgerDatabase.Cancellation);
        await transaction.CommitAsync(LedgerDatabase.Cancellation);
        return after;
    }

    public async Task CompleteAsync(SliceId slice, SliceCounts counts)
        => await AdvanceAsync(await ClaimAsync(slice), 9, counts, isFinal: true);

    /// <summary>By this worker's last claim of the slice; false when it never had one.</summary>
    public async Task<bool> HandBackAsync(SliceId slice)
        => _claims.TryGetValue(slice, out var claim) && await Ledger.HandBackAsync(claim, LedgerDatabase.Cancellation);

    public async Task<(SliceState State, int Attempts, int Stalled)?> FailAsync(SliceId slice, string error = "boom", int most = 3, bool tookWorkerDown = false)
        => _claims.TryGetValue(slice, out var claim)
            ? await Ledger.FailAsync(claim, error, most, tookWorkerDown, LedgerDatabase.Cancellation)
            : null;

    /// <summary>As if it had been silent for longer than the lease.</summary>
    public Task FallSilentAsync() => Database.ExecuteAsync(
        "UPDATE migration.worker SET heartbeat_at = heartbeat_at - $2 WHERE id = $1", Id, LedgerDatabase.Lease * 2);

    public Task StopAsync() => Database.Workers.StopAsync(Id, LedgerDatabase.Cancellation);
}
