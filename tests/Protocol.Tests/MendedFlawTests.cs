using Migration.Protocol.Tests.Model;
using Migration.Protocol.Tests.Search;

namespace Migration.Protocol.Tests;

/// <summary>
/// What the search found wrong with the program once, and what mended it. None of it lost or doubled a record.
/// </summary>
public sealed class MendedFlawTests(ITestOutputHelper output)
{
    private const string LeftLying = "has no outcome and nothing more will happen to it";

    /// <summary>The commit's answer is lost, and that of the question after it: the new claim is nobody's, and its owner lives.</summary>
    [Fact]
    public void Two_lost_answers_in_a_row_leave_a_slice_lying_as_long_as_its_worker_lives()
        => Mends(new("two lost answers", [1], 1, 1, 1, new Faults { LostAnswers = 2 }) { MaxAttempts = 2 });

    /// <summary>The failure is not noted, because the transport is gone, and the message is gone with the queue.</summary>
    [Fact]
    public void A_failing_attempt_whose_queue_is_deleted_leaves_its_slice_lying()
        => Mends(new("error and deletion", [1], 1, 1, 1, new Faults { Errors = 1, Purges = 1 }) { MaxAttempts = 2 });

    /// <summary>It claims after its message was given to another, who has handed the slice back since.</summary>
    [Fact]
    public void A_failing_attempt_that_was_cut_off_before_it_claimed_leaves_its_slice_lying()
        => Mends(new("error and cut", [2], 2, 1, 1, new Faults { Errors = 1, Cuts = 1 }) { MaxAttempts = 3 });

    /// <summary>Reconcile counts the death, and so does whoever is given the dead worker's message after that.</summary>
    [Fact]
    public void One_death_that_is_counted_twice_does_not_condemn_a_record_that_is_alone()
        => Holds(new("one crash", [2], 2, 1, 1, new Faults { Crashes = 1 }) { MaxAttempts = 2 });

    /// <summary>A record that is alone gets three attempts, whatever maxAttempts says.</summary>
    [Fact]
    public void With_one_attempt_the_last_record_of_a_slice_is_not_condemned_for_one_crash()
        => Holds(new("one crash and one attempt", [1], 2, 1, 1, new Faults { Crashes = 1 }) { MaxAttempts = 1 });

    private void Mends(Scenario scenario)
    {
        Breaks(scenario with { LetsGo = false }, LeftLying);
        Holds(scenario);
    }

    private void Holds(Scenario scenario)
    {
        var finding = Explorer.Explore(scenario);
        output.WriteLine(finding.ToString());
        Assert.True(finding.Broken is null, finding.ToString());
    }

    private void Breaks(Scenario scenario, string how)
    {
        var finding = Explorer.Explore(scenario);
        output.WriteLine(finding.ToString());
        Assert.NotNull(finding.Broken);
        Assert.Contains(how, finding.Broken, StringComparison.Ordinal);
    }
}
