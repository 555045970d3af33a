using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>
/// Workers whose steps are taken one at a time, each chosen by the seed, beside a model of what the ledger should say. Batches
/// stay written and uncommitted over any number of steps of others.
/// </summary>
internal sealed class InterleavedShop
{
    private readonly LedgerDatabase _ledger;
    private readonly Random _random;
    private readonly List<TestWorker> _workers = [];
    private readonly List<Slice> _slices = [];
    private readonly List<Batch> _written = [];
    private readonly List<SliceClaim> _claims = [];

    private InterleavedShop(LedgerDatabase ledger, Guid runId, int seed)
    {
        (_ledger, RunId) = (ledger, runId);
        _random = new Random(seed);
    }

    public Guid RunId { get; }

    public int Committed { get; private set; }

    public int Refused { get; private set; }

    public static async Task<InterleavedShop> CreateAsync(LedgerDatabase ledger, int[] sizes, int workers, int seed)
    {
        var shop = new InterleavedShop(ledger, await ledger.PlanAsync(sizes), seed);
        await RecordTable.CreateAsync(ledger);
        shop._slices.AddRange(sizes.Select((_, number) => new Slice(new SliceId(shop.RunId, Collection, number))));
        for (var n = 0; n < workers; n++)
            shop._workers.Add(await ledger.WorkerAsync($"host:{n}"));
        return shop;
    }

    public Task StepAsync() => _random.Next(10) switch
    {
        < 3 => DeliverAsync(),
        < 6 => WriteAsync(),
        < 9 => CommitAsync(),
        _ => LetGoAsync(),
    };

    /// <summary>What is written and uncommitted crashes; then all slices are completed in order.</summary>
    public async Task FinishAsync()
    {
        foreach (var batch in _written)
            await batch.DisposeAsync();
        foreach (var slice in _slices.Where(slice => !slice.IsDone))
        {
            var claim = await _workers[0].ClaimAsync(slice.Id, redelivered: true);
            Assert.Equal((slice.Claim + 1, slice.Read), (claim.Claim, claim.Counts.Read));
            await using var batch = await Batch.WriteAsync(_ledger, claim, claim.Limit - claim.Counts.Read);
            await batch.CommitAsync();
        }
    }

    private async Task DeliverAsync()
    {
        var slice = _slices[_random.Next(_slices.Count)];
        var worker = _workers[_random.Next(_workers.Count)];
        var redelivered = _random.Next(3) == 0;
        var outcome = await worker.TryClaimAsync(slice.Id, redelivered);
        if (slice.IsDone)
        {
            Assert.IsType<ClaimOutcome.AlreadyDone>(outcome);
        }
        else if (slice.Owner is { } owner && owner != worker && !redelivered)
        {
            Assert.Equal(new ClaimOutcome.OwnedByAnother(owner.Name), outcome);
        }
        else
        {
            var claim = Assert.IsType<ClaimOutcome.Granted>(outcome).Claim;
            Assert.Equal((slice.Claim + 1, slice.Read), (claim.Claim, claim.Counts.Read));
            (slice.Claim, slice.Owner) = (claim.Claim, worker);
            _claims.Add(claim);
        }
    }

    /// <summary>The next batch of any claim there ever was, or one that was written already once more.</summary>
    private async Task WriteAsync()
    {
        if (_claims.Count == 0)
            return;
        var claim = _claims[_random.Next(_claims.Count)];
        var left = claim.Limit - claim.Counts.Read;
        if (left > 0)
            _written.Add(await Batch.WriteAsync(_ledger, claim, _random.NextInt64(1, Math.Min(6, left) + 1)));
    }

    private async Task CommitAsync()
    {
        if (_written.Count == 0)
            return;
        var at = _random.Next(_written.Count);
        await using var batch = _written[at];
        _written.RemoveAt(at);
        if (_random.Next(6) == 0)
            return;

        var slice = _slices[batch.Claim.Id.Number];
        if (slice.Owner is null || slice.Claim != batch.Claim.Claim || slice.Read != batch.Claim.Counts.Read)
        {
            await Assert.ThrowsAsync<FenceLostException>(batch.CommitAsync);
            Refused++;
            return;
        }

        var after = await batch.CommitAsync();
        slice.Read = after.Counts.Read;
        slice.IsDone = after.Counts.Read == after.Limit;
        slice.Owner = slice.IsDone ? null : slice.Owner;
        _claims.Add(after);
        Committed++;
    }

    private async Task LetGoAsync()
    {
        var slice = _slices[_random.Next(_slices.Count)];
        var worker = _workers[_random.Next(_workers.Count)];
        var letGo = _random.Next(2) == 0
            ? await worker.HandBackAsync(slice.Id)
            : await worker.FailAsync(slice.Id, most: int.MaxValue) is not null;
        Assert.Equal(slice.Owner == worker, letGo);
        if (letGo)
            slice.Owner = null;
    }

    /// <summary>What the model knows of a slice.</summary>
    private sealed class Slice(SliceId id)
    {
        public SliceId Id { get; } = id;

        public int Claim { get; set; }

        public TestWorker? Owner { get; set; }

        public long Read { get; set; }

        public bool IsDone { get; set; }
    }

    /// <summary>A batch that is written in a transaction that is still open.</summary>
    private sealed class Batch(NpgsqlConnection connection, NpgsqlTransaction transaction, SliceClaim claim, SliceCounts counts)
        : IAsyncDisposable
    {
        public SliceClaim Claim { get; } = claim;

        public static async Task<Batch> WriteAsync(LedgerDatabase ledger, SliceClaim claim, long size)
        {
            var connection = await ledger.Target.OpenConnectionAsync(Cancellation);
            var transaction = await connection.BeginTransactionAsync(Cancellation);
            return new Batch(connection, transaction, claim, await RecordTable.WriteAsync(transaction, claim, size));
        }

        public async Task<SliceClaim> CommitAsync()
        {
            var after = await RecordTable.AdvanceAsync(transaction, Claim, counts);
            await transaction.CommitAsync(Cancellation);
            return after;
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
