using Migration.Protocol.Tests.Model;
using Migration.Protocol.Tests.Search;

namespace Migration.Protocol.Tests;

/// <summary>
/// What each guard of the protocol is good for: with the guard the scenario holds, without it the search finds a history
/// that breaks something. And where it finds none, that the guard is not what the protocol rests upon.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const string TwoOutcomes = "outcomes";
    private const string NoOutcome = "has no outcome and nothing more will happen to it";
    private static readonly Scenario s_zombie = new("zombie", [2], 2, 1, 2, new Faults { Pauses = 1 }) { MaxAttempts = 3 };
    private static readonly Scenario s_split = new("zombie of a slice that is split", [2], 2, 1, 2, new Faults { Pauses = 1 });
    private static readonly Scenario s_doubt = new("lost answer", [2], 2, 1, 1, new Faults { LostAnswers = 1 }) { MaxAttempts = 2 };
    private static readonly Scenario s_replay = new("replay", [1], 1, 1, 1, new Faults { Errors = 1, Restarts = 1 }) { Replays = 1 };

    [Fact]
    public void Without_the_fence_a_zombie_writes_rows_again() => Breaks(s_zombie, Mutation.NoFence, TwoOutcomes);

    /// <summary>A commit moves the checkpoint, and so a second one from the same checkpoint finds it gone.</summary>
    [Fact]
    public void Without_its_claim_the_fence_is_enough_while_no_slice_is_split()
    {
        StillHolds(s_zombie with { Faults = new Faults { Pauses = 2, LostAnswers = 1 }, MaxAttempts = 5 }, Mutation.CheckpointOnly);
        StillHolds(s_zombie with { Faults = new Faults { Pauses = 1, Cuts = 1 }, MaxAttempts = 5 }, Mutation.CheckpointOnly);
    }

    /// <summary>Splitting moves the slice's end and not its checkpoint; the zombie's page reaches beyond the new end.</summary>
    [Fact]
    public void Without_its_claim_the_fence_lets_a_zombie_write_the_records_that_a_split_gave_away()
        => Breaks(s_split, Mutation.CheckpointOnly, "is completed at 2, and ends at 1");

    /// <summary>One attempt commits one page after the other, and asks the ledger when it is in doubt.</summary>
    [Fact]
    public void Without_its_checkpoint_the_fence_is_enough_while_whoever_is_in_doubt_asks()
    {
        StillHolds(s_zombie with { Faults = new Faults { Pauses = 1, LostAnswers = 1 } }, Mutation.ClaimOnly);
        StillHolds(s_split, Mutation.ClaimOnly);
    }

    [Fact]
    public void Without_checkpoint_and_without_asking_a_batch_is_written_twice()
        => Breaks(s_doubt, Mutation.RetryWithoutAskingClaimOnly, TwoOutcomes);

    /// <summary>The fence keeps the rows right, but the worker takes it for another's slice, and it is its own.</summary>
    [Fact]
    public void Without_asking_the_fence_holds_and_the_slice_is_left_lying_unless_it_is_let_go()
    {
        Breaks(s_doubt with { LetsGo = false }, Mutation.RetryWithoutAsking, NoOutcome);
        StillHolds(s_doubt, Mutation.RetryWithoutAsking);
    }

    /// <summary>Reconcile finds what died without a message; it costs a lease for each instead of a moment.</summary>
    [Fact]
    public void A_message_acknowledged_too_early_costs_time_and_no_record()
        => StillHolds(s_zombie with { Faults = new Faults { Crashes = 2 } }, Mutation.AcknowledgeFirst);

    [Fact]
    public void Where_nobody_reconciles_a_purged_message_is_lost_for_ever()
        => Breaks(s_zombie with { Faults = new Faults { Purges = 1 } }, Mutation.NoReconcile, NoOutcome);

    /// <summary>The next owner loses the fence for nothing, and reconcile sends the slice again.</summary>
    [Fact]
    public void Handing_back_what_is_anothers_costs_time_and_no_record()
        => StillHolds(s_zombie with { Faults = new Faults { Pauses = 1, Cuts = 1 } }, Mutation.HandBackAnyClaim);

    [Fact]
    public void Without_a_fence_a_split_cuts_what_is_anothers()
        => Breaks(s_split with { Faults = new Faults { Pauses = 2 } }, Mutation.SplitWithoutFence, "slices");

    /// <summary>Replay asks the ledger, too, what gave up, and reconcile sends what was revived and not sent.</summary>
    [Fact]
    public void A_dead_letter_acknowledged_too_early_is_only_a_message() => StillHolds(s_replay, Mutation.ReplayAcknowledgesFirst);

    [Fact]
    public void A_dead_letter_acknowledged_too_early_is_lost_to_a_replay_that_asks_the_error_queue_alone()
        => Breaks(s_replay, Mutation.ReplayByErrorQueueAlone, "no dead letter tells of it");

    [Fact]
    public void An_attempt_that_hangs_after_a_commit_must_count_as_stalled_as_well()
        => Breaks(
            new Scenario("hang", [2], 1, 1, 1, new Faults()) { Flaws = [Flaw.None, Flaw.Hangs], MaxAttempts = 2 },
            Mutation.SilentWithoutStalled, "silence_is_a_way_to_stall");

    [Fact]
    public void Without_the_gate_an_innocent_record_shares_the_blame()
        => Breaks(
            new Scenario("killer beside an innocent", [1, 1], 1, 2, 1, new Faults()) { Flaws = [Flaw.None, Flaw.Kills], MaxAttempts = 2 },
            Mutation.NoGate, "quarantined for killing workers");

    /// <summary>Reconcile counts a death, and so would whoever is given the dead worker's message after that.</summary>
    [Fact]
    public void Where_any_redelivered_message_overrides_the_owner_two_deaths_count_as_three()
        => Breaks(
            new Scenario("two crashes of others", [1], 2, 1, 1, new Faults { Crashes = 2 }) { MaxAttempts = 3 },
            Mutation.AnyRedelivered, "quarantined for killing workers");

    private void Breaks(Scenario scenario, Mutation mutation, string how)
    {
        StillHolds(scenario, Mutation.None);
        var finding = Explorer.Explore(scenario with { Mutation = mutation });
        output.WriteLine(finding.ToString());
        Assert.NotNull(finding.Broken);
        Assert.Contains(how, finding.Broken, StringComparison.Ordinal);
    }

    private void StillHolds(Scenario scenario, Mutation mutation)
    {
        var finding = Explorer.Explore(scenario with { Mutation = mutation });
        output.WriteLine(finding.ToString());
        Assert.True(finding.Broken is null, finding.ToString());
    }
}
