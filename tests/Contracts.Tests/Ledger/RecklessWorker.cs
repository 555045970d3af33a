using Migration.Contracts.Ledger;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>A worker that does everything that a worker may do wrong, at random.</summary>
internal sealed class RecklessWorker(TestWorker worker, Guid run, int[] sizes, Random random)
{
    private readonly List<SliceClaim> _abandoned = [];

    public int FencesLost { get; private set; }

    /// <summary>Takes deliveries of any slice, many of them marked as redelivered.</summary>
    public async Task LiveAsync(int deliveries)
    {
        for (var n = 0; n < deliveries; n++)
        {
            var slice = new SliceId(run, Collection, random.Next(sizes.Length));
            if (await worker.TryClaimAsync(slice, redelivered: random.Next(2) == 0) is ClaimOutcome.Granted granted)
                await WorkAsync(granted.Claim, batches: random.Next(4));
            if (_abandoned.Count > 0 && random.Next(2) == 0)
                await WorkAsync(_abandoned[random.Next(_abandoned.Count)], batches: 1);
        }
    }

    /// <summary>Completes what is left, one slice after the other.</summary>
    public async Task FinishAsync()
    {
        for (var n = 0; n < sizes.Length; n++)
        {
            if (await worker.TryClaimAsync(new SliceId(run, Collection, n), redelivered: true) is not ClaimOutcome.Granted granted)
                continue;
            for (var claim = granted.Claim; claim.Counts.Read < claim.Limit;)
                claim = await CommitAsync(claim, Math.Min(3, claim.Limit - claim.Counts.Read), crash: false);
        }
    }

    private async Task WorkAsync(SliceClaim claim, int batches)
    {
        try
        {
            for (; batches > 0 && claim.Counts.Read < claim.Limit; batches--)
            {
                var before = claim;
                var size = random.NextInt64(1, Math.Min(5, claim.Limit - claim.Counts.Read) + 1);
                claim = await CommitAsync(before, size, crash: random.Next(6) == 0);
                // In doubt whether the commit went through, it tries again.
                if (random.Next(4) == 0)
                    await CommitAsync(before, size, crash: false);
            }
        }
        catch (FenceLostException)
        {
            FencesLost++;
            return;
        }

        await LeaveAsync(claim);
    }

    private async Task LeaveAsync(SliceClaim claim)
    {
        switch (random.Next(4))
        {
            case 0:
                await worker.HandBackAsync(claim.Id);
                break;
            case 1:
                await worker.FailAsync(claim.Id, most: int.MaxValue);
                break;
            default:
                // As if it hung: it may come back to it long after.
                _abandoned.Add(claim);
                break;
        }
    }

    /// <summary>Writes, advances and commits; a crash leaves the transaction without a commit.</summary>
    private async Task<SliceClaim> CommitAsync(SliceClaim claim, long size, bool crash)
    {
        await using var connection = await worker.Database.Target.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        var counts = await RecordTable.WriteAsync(transaction, claim, size);
        await Task.Yield();
        var after = await RecordTable.AdvanceAsync(transaction, claim, counts);
        if (crash)
            return claim;
        await transaction.CommitAsync(Cancellation);
        return after;
    }
}
