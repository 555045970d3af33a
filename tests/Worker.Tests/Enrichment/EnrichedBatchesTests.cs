using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Ledger;
using Migration.TestServers;
using Migration.Worker.Enrichment;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;
using static Migration.Worker.Tests.Enrichment.HttpStepTests;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Enrichment;

/// <summary>Records end in any order; what is committed, and when, is in theirs.</summary>
public sealed class EnrichedBatchesTests
{
    [Fact]
    public async Task The_slots_stay_full_over_the_ends_of_pages()
    {
        // Nobody is answered before eight have asked, and pages have two records each: a page alone would wait for ever.
        var waiting = new ConcurrentQueue<TaskCompletionSource>();
        await using var service = await TestService.StartAsync(async context =>
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue(turn);
            lock (waiting)
            {
                for (var ready = waiting.Count / 8 * 8; ready > 0; ready--)
                    Release(waiting);
            }

            await turn.Task.WaitAsync(context.RequestAborted);
            await AnswerAsync(context);
        });
        await using var lab = await CreateAsync(40, batchRecords: 2, enrich: Step(service, "/{id}"), worker: ", enrichConcurrency: 8");

        Assert.Equal(new SliceCounts(40, 40, 0, 0), (await MigrateAsync(lab)).Claim.Counts);
        Assert.Equal(8, service.MostAtATime);
    }

    [Fact]
    public async Task The_slots_stay_full_over_the_ends_of_slices()
    {
        // Answered one by one, the longest waiting first, and only while all eight slots are taken or no record is left.
        var (waiting, asked) = (new ConcurrentQueue<TaskCompletionSource>(), new SemaphoreSlim(0));
        await using var service = await TestService.StartAsync(async context =>
        {
            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue(turn);
            asked.Release();
            await turn.Task.WaitAsync(context.RequestAborted);
            await AnswerAsync(context);
        });
        const int Records = 120;
        await using var lab = await CreateAsync(Records, batchRecords: 3, sliceRecords: 20, enrich: Step(service, "/{id}"), worker: ", enrichConcurrency: 8");
        var worker = lab.Worker(lab.Database.DataSource);

        // As the consumer does: two slices in hand, and the next one when one of them is done.
        var next = -1;
        var inHand = Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var slice and < Records / 20)
                Assert.IsType<SliceEnd.Completed>(await MigrateAsync(worker, lab.Slice with { Number = slice }));
        })));
        for (var taken = 0; taken < Records; taken++)
        {
            Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(30), Cancellation), $"{taken} of {Records} records were taken, {waiting.Count} are in flight, and no other comes");
            if (taken >= 7)
                Release(waiting);
        }

        while (!waiting.IsEmpty)
            Release(waiting);
        await inHand;
        Assert.Equal(Enumerable.Range(0, Records), await lab.WrittenAsync());
    }

    [Fact]
    public async Task Pages_are_read_while_all_slots_are_taken()
    {
        using var step = new HeldStep();
        await using var lab = await CreateAsync(1000, batchRecords: 2);
        using var enrichment = new RowEnrichment(lab.File.Collections[0], [step], new RecordSlots(4), TimeProvider.System);
        await using var source = new CountingSource(await SourceOpener.OpenAsync(lab.File.Source, lab.File.Collections[0], Cancellation));
        var claim = Assert.IsType<ClaimOutcome.Granted>(
            await lab.Worker(lab.Database.DataSource).Ledger.ClaimAsync(lab.Slice, message: null, redelivered: false, Cancellation)).Claim;
        var pages = new PageReader(source, lab.File.Worker, new SourceThrottle(null, TimeProvider.System), TimeProvider.System, NullLogger.Instance);
        await using var batches = new EnrichedBatches(
            new CollectionRows(lab.File.Collections[0], enrichment), enrichment, pages, lab.File.Worker, claim, new Pulse(), (_, _) => Task.CompletedTask,
            TimeProvider.System, CancellationToken.None, Cancellation).Begin();

        // Four records have their slots and keep them, the fifth waits for one; sixteen may be ahead.
        for (var read = 0; read < 8; read++)
            Assert.True(await source.Read.WaitAsync(TimeSpan.FromSeconds(30), Cancellation), $"{read} pages were read");
        Assert.InRange(step.Held, 0, 4);
        step.LetGo();
    }

    [Fact]
    public async Task The_checkpoint_never_passes_a_record_whose_outcome_is_not_known()
    {
        var (first, others) = (new TaskCompletionSource(), new TaskCompletionSource());
        var answered = 0;
        await using var service = await TestService.StartAsync(async context =>
        {
            if (Number(context) == 0)
                await first.Task.WaitAsync(context.RequestAborted);
            else if (Interlocked.Increment(ref answered) == 30)
                others.TrySetResult();
            await AnswerAsync(context);
        });
        await using var lab = await CreateAsync(100, batchRecords: 2, enrich: Step(service, "/{id}"), worker: ", enrichConcurrency: 8");

        var migrating = MigrateAsync(lab);
        await others.Task.WaitAsync(Cancellation);
        Assert.Equal(0, (await lab.ProgressAsync()).Counts.Read);
        first.SetResult();

        Assert.Equal(new SliceCounts(100, 100, 0, 0), (await migrating).Claim.Counts);
        Assert.Equal(Enumerable.Range(0, 100), await lab.WrittenAsync());
    }

    [Fact]
    public async Task What_is_ahead_of_the_checkpoint_is_bounded()
    {
        var first = new TaskCompletionSource();
        var asked = new SemaphoreSlim(0);
        await using var service = await TestService.StartAsync(async context =>
        {
            asked.Release();
            if (Number(context) == 0)
                await first.Task.WaitAsync(context.RequestAborted);
            await AnswerAsync(context);
        });
        await using var lab = await CreateAsync(1000, batchRecords: 2, enrich: Step(service, "/{id}"), worker: ", enrichConcurrency: 8");

        var migrating = MigrateAsync(lab);
        for (var i = 0; i < 32; i++)
            Assert.True(await asked.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));

        // Four times the eight that may be in flight are taken, and the first of them holds up the rest.
        Assert.False(await asked.WaitAsync(TimeSpan.FromSeconds(0.3), Cancellation));
        first.SetResult();
        Assert.IsType<SliceEnd.Completed>(await migrating);
    }

    [Fact]
    public async Task Asked_to_stop_it_commits_what_is_complete_in_order_and_another_goes_on_from_there()
    {
        var stuck = true;
        using var drain = new CancellationTokenSource();
        await using var service = await TestService.StartAsync(async context =>
        {
            if (Number(context) == 25 && stuck)
            {
                await drain.CancelAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            await AnswerAsync(context);
        });
        await using var lab = await CreateAsync(60, batchRecords: 2, enrich: Step(service, "/{id}"), worker: ", enrichConcurrency: 4");

        var end = Assert.IsType<SliceEnd.Unfinished>(await MigrateAsync(lab, drain.Token));

        // Up to the page of the record that does not end.
        var read = (int)end.Claim.Counts.Read;
        Assert.InRange(read, 24, 25);
        Assert.Equal(Enumerable.Range(0, read), await lab.WrittenAsync());
        Assert.InRange(service.Calls, read, read + 20);
        stuck = false;
        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(lab));
        Assert.Equal(Enumerable.Range(0, 60), await lab.WrittenAsync());
    }

    [Fact]
    public async Task Asked_to_stop_before_anything_it_hands_the_slice_back()
    {
        await using var service = await TestService.StartAsync(AnswerAsync);
        await using var lab = await CreateAsync(10, enrich: Step(service, "/{id}"));

        var end = await MigrateAsync(lab, new CancellationToken(canceled: true));

        Assert.Equal(0, Assert.IsType<SliceEnd.Unfinished>(end).Claim.Counts.Read);
        Assert.Equal(0, service.Calls);
    }

    [Fact]
    public async Task A_worker_that_is_killed_gives_up_its_calls_and_nothing_is_written_of_them()
    {
        var (asked, gone) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var service = await TestService.StartAsync(async context =>
        {
            await using var going = context.RequestAborted.Register(() => gone.TrySetResult());
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var lab = await CreateAsync(10, enrich: Step(service, "/{id}"));
        using var killing = new CancellationTokenSource();
        var worker = lab.Worker(lab.Database.DataSource);
        var claim = Assert.IsType<ClaimOutcome.Granted>(await worker.Ledger.ClaimAsync(lab.Slice, message: null, redelivered: false, Cancellation)).Claim;
        var attempt = await worker.AttemptAsync("numbers", Cancellation);

        var migrating = attempt.MakeAsync(claim, CancellationToken.None, killing.Token);
        await asked.Task.WaitAsync(Cancellation);
        await killing.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => migrating);
        await gone.Task.WaitAsync(Cancellation);
        Assert.Empty(await lab.WrittenAsync());
    }

    /// <summary>Keeps the records that it is given until it is told to let them go.</summary>
    private sealed class HeldStep : IRowStep
    {
        private readonly TaskCompletionSource _turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _held;

        public int Batch => 1;

        public int Held => _held;

        public void LetGo() => _turn.TrySetResult();

        public Task EnrichAsync(IReadOnlyList<EnrichedRecord> records, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _held);
            return _turn.Task.WaitAsync(cancellationToken);
        }

        public void Dispose() => LetGo();
    }

    private sealed class CountingSource(ICollectionSource source) : ICollectionSource
    {
        /// <summary>Released with each page.</summary>
        public SemaphoreSlim Read { get; } = new(0);

        public string Description => source.Description;

        public Task<long> EstimateCountAsync(CancellationToken cancellationToken) => source.EstimateCountAsync(cancellationToken);

        public Task<long> CountAsync(CancellationToken cancellationToken) => source.CountAsync(cancellationToken);

        public Task<long> CountAsync(KeyRange range, CancellationToken cancellationToken) => source.CountAsync(range, cancellationToken);

        public Task<IReadOnlyList<ReadOnlyMemory<byte>>> SampleAsync(int count, CancellationToken cancellationToken) => source.SampleAsync(count, cancellationToken);

        public IAsyncEnumerable<CutSlice> CutAsync(int recordsPerSlice, long? alignedAt, CancellationToken cancellationToken)
            => source.CutAsync(recordsPerSlice, alignedAt, cancellationToken);

        public async Task<SourcePage> ReadPageAsync(KeyRange range, RecordPosition? after, int maxRecords, int maxBytes, CancellationToken cancellationToken)
        {
            var page = await source.ReadPageAsync(range, after, maxRecords, maxBytes, cancellationToken);
            Read.Release();
            return page;
        }

        public async ValueTask DisposeAsync()
        {
            await source.DisposeAsync();
            Read.Dispose();
        }
    }

    private static Task AnswerAsync(HttpContext context)
        => context.Response.WriteAsJsonAsync(new { word = "w", score = 1 }, context.RequestAborted);

    private static void Release(ConcurrentQueue<TaskCompletionSource> waiting)
    {
        if (waiting.TryDequeue(out var turn))
            turn.SetResult();
    }
}
