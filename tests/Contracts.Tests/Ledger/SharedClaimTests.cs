using Migration.Contracts.Ledger;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>Slices of one message: claimed, and given back, by one transaction.</summary>
public sealed class SharedClaimTests
{
    private static readonly Guid Message = Guid.NewGuid();

    [Fact]
    public async Task Those_that_are_free_are_granted_and_the_others_are_not()
    {
        await using var ledger = await CreateAsync();
        var slices = await PlanAsync(ledger, 10, 20, 30, 40, 50);
        var (worker, other) = (await ledger.WorkerAsync(), await ledger.WorkerAsync("other:1"));
        await other.ClaimAsync(slices[1]);
        await other.CompleteAsync(slices[3], new SliceCounts(40, 40, 0, 0));
        var unknown = slices[0] with { Number = 7 };

        var claims = await worker.Ledger.ClaimAllAsync([.. slices, unknown], Message, redelivered: false, Cancellation);

        Assert.Equal([(0, 10), (null, null), (2, 30), (null, null), (4, 50), (null, null)], claims.Select(c => (c?.Id.Number, (int?)c?.Limit)));
        Assert.Equal([0, 30, 100], claims.OfType<SliceClaim>().Select(claim => claim.Offset));
        Assert.All(claims.OfType<SliceClaim>(), claim => Assert.Equal((1, 1, 1), (claim.Claim, claim.Attempts, claim.StalledAttempts)));
        Assert.Equal("other:1", Assert.IsType<ClaimOutcome.OwnedByAnother>(await worker.Ledger.ExplainAsync(slices[1], Cancellation)).Worker);
        Assert.IsType<ClaimOutcome.AlreadyDone>(await worker.Ledger.ExplainAsync(slices[3], Cancellation));
        Assert.IsType<ClaimOutcome.Unknown>(await worker.Ledger.ExplainAsync(unknown, Cancellation));
    }

    [Fact]
    public async Task A_redelivered_message_finds_the_slices_of_its_former_owner_as_suspects_and_no_other_s()
    {
        await using var ledger = await CreateAsync();
        var slices = await PlanAsync(ledger, 10, 10, 10);
        var (worker, dead, other) = (await ledger.WorkerAsync(), await ledger.WorkerAsync("dead:1"), await ledger.WorkerAsync("other:1"));
        await dead.Ledger.ClaimAllAsync(slices[..2], Message, redelivered: false, Cancellation);
        await other.ClaimAsync(slices[2], message: Guid.NewGuid());

        var claims = await worker.Ledger.ClaimAllAsync(slices, Message, redelivered: true, Cancellation);

        Assert.Equal([true, true, null], claims.Select(claim => claim?.IsSuspect));
    }

    [Fact]
    public async Task Those_that_are_given_back_are_without_blame_and_those_of_another_claim_stay()
    {
        await using var ledger = await CreateAsync();
        var slices = await PlanAsync(ledger, 10, 10, 10);
        var (worker, other) = (await ledger.WorkerAsync(), await ledger.WorkerAsync("other:1"));
        var claims = (await worker.Ledger.ClaimAllAsync(slices, Message, redelivered: false, Cancellation)).OfType<SliceClaim>().ToList();
        await other.ClaimAsync(slices[1], redelivered: true, Message);

        await worker.Ledger.HandBackAllAsync(claims, Cancellation);

        foreach (var slice in new[] { slices[0], slices[2] })
            Assert.Equal((SliceState.Queued, 0), await ledger.SliceAsync(slice) is var given ? (given.State, given.Attempts) : default);
        Assert.Equal(SliceState.Running, (await ledger.SliceAsync(slices[1])).State);
    }

    private static async Task<List<SliceId>> PlanAsync(LedgerDatabase ledger, params int[] sizes)
    {
        var run = await ledger.PlanAsync(sizes);
        return [.. Enumerable.Range(0, sizes.Length).Select(number => new SliceId(run, Collection, number))];
    }
}
