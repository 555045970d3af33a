using Migration.Contracts.Ledger;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>A registered worker without a process.</summary>
internal sealed record TestWorker(Guid Id, string Name, LedgerDatabase Database)
{
    public SliceLedger Ledger => new(Database.Target, Id, LedgerDatabase.Lease);

    public Task<ClaimOutcome> TryClaimAsync(SliceId slice, bool redelivered = false)
        => Ledger.ClaimAsync(slice, redelivered, LedgerDatabase.Cancellation);

    public async Task<SliceClaim> ClaimAsync(SliceId slice, bool redelivered = false)
        => Assert.IsType<ClaimOutcome.Granted>(await TryClaimAsync(slice, redelivered)).Claim;

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

    public Task<bool> HandBackAsync(SliceId slice) => Ledger.HandBackAsync(slice, LedgerDatabase.Cancellation);

    public Task<(SliceState State, int Attempts, int Stalled)?> FailAsync(SliceId slice, string error = "boom", int most = 3)
        => Ledger.FailAsync(slice, error, most, LedgerDatabase.Cancellation);

    /// <summary>As if it had been silent for longer than the lease.</summary>
    public Task FallSilentAsync() => Database.ExecuteAsync(
        "UPDATE migration.worker SET heartbeat_at = heartbeat_at - $2 WHERE id = $1", Id, LedgerDatabase.Lease * 2);

    public Task StopAsync() => Database.Workers.StopAsync(Id, LedgerDatabase.Cancellation);
}
