using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Migration.Contracts.Ledger;
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

    private static Task AnswerAsync(HttpContext context)
        => context.Response.WriteAsJsonAsync(new { word = "w", score = 1 }, context.RequestAborted);

    private static void Release(ConcurrentQueue<TaskCompletionSource> waiting)
    {
        if (waiting.TryDequeue(out var turn))
            turn.SetResult();
    }
}
