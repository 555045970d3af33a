using Migration.Contracts.Ledger;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class ReplayLedgerTests
{
    private static readonly FailureSelection All = new(Cause: null, Collection: null);
    private static readonly string Boom = CauseFingerprint.OfSlice(Collection, "boom");

    [Fact]
    public async Task A_slice_that_gave_up_bears_its_cause_and_loses_it_with_another_set_of_attempts()
    {
        await using var ledger = await CreateAsync();
        var runId = await FailedAsync(ledger, 3);
        Assert.Equal(3, await ledger.ScalarAsync<long>("SELECT count(*) FROM migration.slice WHERE cause = $1", Boom));
        var replay = await StartAsync(ledger, runId);

        var revived = await Replays(ledger).ReviveAsync(replay, runId, All, 100, Cancellation);

        Assert.Equal([0, 1, 2], revived.Select(slice => slice.Id.Number).Order());
        Assert.Equal(3, await ledger.ScalarAsync<long>(
            """
            SELECT count(*) FROM migration.slice WHERE state = 'planned' AND cause IS NULL AND finished_at IS NULL
              AND stalled_attempts = 0 AND silent_attempts = 0 AND messages = 0
            """));
        Assert.Empty(await Replays(ledger).ReviveAsync(replay, runId, All, 100, Cancellation));
        Assert.Equal(3, (await Replays(ledger).ListAsync(runId, Cancellation)).Single().Slices);
    }

    [Fact]
    public async Task Only_slices_that_are_meant_are_revived()
    {
        await using var ledger = await CreateAsync();
        var runId = await FailedAsync(ledger, 4);
        var replay = await StartAsync(ledger, runId);
        Task<List<PendingSlice>> ReviveAsync(FailureSelection selection, long most = 100)
            => Replays(ledger).ReviveAsync(replay, runId, selection, most, Cancellation);

        Assert.Empty(await ReviveAsync(new FailureSelection("another", null)));
        Assert.Empty(await ReviveAsync(new FailureSelection(null, "another")));
        Assert.Empty(await Replays(ledger).ReviveAsync(replay, runId, "another", [0, 1], Cancellation));
        Assert.Equal(2, Assert.Single(await Replays(ledger).ReviveAsync(replay, runId, Collection, [2, 17], Cancellation)).Id.Number);
        Assert.Equal(0, Assert.Single(await ReviveAsync(new FailureSelection(Boom, Collection), 1)).Id.Number);
        Assert.Equal(2, await Replays(ledger).CountFailedAsync(runId, new FailureSelection(Boom, null), Cancellation));
    }

    [Fact]
    public async Task States_say_what_belongs_to_the_selection_and_leave_out_what_the_ledger_does_not_know()
    {
        await using var ledger = await CreateAsync();
        var runId = await FailedAsync(ledger, 2);
        await ledger.ExecuteAsync("UPDATE migration.slice SET cause = 'another' WHERE number = 1");

        var states = await Replays(ledger).StatesAsync(runId, Collection, [0, 1, 2], new FailureSelection(Boom, null), Cancellation);

        Assert.Equal(
            [(0, SliceState.Failed, true), (1, SliceState.Failed, false)],
            states.OrderBy(state => state.Key).Select(state => (state.Key, state.Value.State, state.Value.IsSelected)));
    }

    [Fact]
    public async Task The_history_holds_what_was_asked_for_and_whether_it_ended()
    {
        await using var ledger = await CreateAsync();
        var runId = await ledger.PlanAsync(10);
        await StartAsync(ledger, runId, "dead letters");
        await Replays(ledger).FinishAsync(await StartAsync(ledger, runId, "quarantine"), Cancellation);

        var history = await Replays(ledger).ListAsync(runId, Cancellation);

        Assert.Equal([("dead letters", false), ("quarantine", true)], history.Select(replay => (replay.Selection, replay.FinishedAt is not null)));
    }

    [Fact]
    public async Task A_cause_stays_known_when_a_replay_that_was_asked_for_it_died()
    {
        await using var ledger = await CreateAsync();
        var runId = await FailedAsync(ledger, 1);
        Assert.True(await Replays(ledger).KnowsCauseAsync(runId, Boom, Cancellation));
        var replay = await StartAsync(ledger, runId, $"dead letters, cause {Boom}, at most 5");
        await Replays(ledger).ReviveAsync(replay, runId, All, 100, Cancellation);

        Assert.True(await Replays(ledger).KnowsCauseAsync(runId, Boom, Cancellation));
        Assert.False(await Replays(ledger).KnowsCauseAsync(runId, Boom[..6], Cancellation));
        Assert.False(await Replays(ledger).KnowsCauseAsync(Guid.NewGuid(), Boom, Cancellation));
    }

    private static ReplayLedger Replays(LedgerDatabase ledger) => new(ledger.Target);

    private static Task<Guid> StartAsync(LedgerDatabase ledger, Guid runId, string selection = "all")
        => Replays(ledger).StartAsync(runId, selection, "hash", Cancellation);

    /// <summary>A run of slices of ten records that all gave up.</summary>
    private static async Task<Guid> FailedAsync(LedgerDatabase ledger, int slices)
    {
        var runId = await ledger.PlanAsync([.. Enumerable.Repeat(10, slices)]);
        var worker = await ledger.WorkerAsync();
        for (var number = 0; number < slices; number++)
        {
            var slice = new SliceId(runId, Collection, number);
            await worker.ClaimAsync(slice);
            await worker.FailAsync(slice, "boom", most: 1);
        }

        return runId;
    }
}
