using Migration.Coordinator.Scaling.Kubernetes;
using static Migration.Coordinator.Tests.Scaling.Kubernetes.Workers;

namespace Migration.Coordinator.Tests.Scaling.Kubernetes;

public sealed class WorkerCensusTests
{
    private const string NoRoom =
        "0/3 nodes are available: 3 Insufficient cpu. no new claims to deallocate, preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.";

    private static readonly TimeSpan JustNow = TimeSpan.Zero;

    [Fact]
    public void Where_there_is_no_room_the_note_says_how_many_run_how_many_wait_and_what_for()
    {
        var census = WorkerCensus.Of(Job(85), Pods(0, 60, PodState.Ready).Concat(Pods(60, 25, PodState.Unschedulable, NoRoom)), NoWarnings);

        Assert.Equal(
            "60 of 300 workers run; 25 wait: no node has room (0/3 nodes are available: 3 Insufficient cpu).",
            ScalingNote.Of(300, census, JustNow));
    }

    [Fact]
    public void A_quota_is_told_without_the_name_of_the_pod_that_met_it()
    {
        var warnings = new Dictionary<string, ClusterEvent>
        {
            [JobUid] = new(
                JobUid, EventKind.NotCreated,
                "Error creating: pods \"quota-1-st8v6\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2", null),
        };

        var census = WorkerCensus.Of(Job(4), Pods(0, 2, PodState.Ready), warnings);

        Assert.Equal(
            "2 of 4 workers run; 2 wait: the cluster refuses more pods (exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2).",
            ScalingNote.Of(4, census, JustNow));
    }

    [Theory]
    [InlineData(nameof(EventKind.NoSandbox), "no network address is to be had")]
    [InlineData(nameof(EventKind.NoVolume), "the container cannot be started")]
    public void What_a_warning_says_about_a_pod_that_starts_explains_it(string kind, string expected)
    {
        var warnings = new Dictionary<string, ClusterEvent> { ["pod-1"] = new("pod-1", Enum.Parse<EventKind>(kind), "the words of the node", null) };

        var census = WorkerCensus.Of(Job(2), [Pod(0, PodState.Ready), Pod(1, PodState.Starting)], warnings);

        Assert.Equal($"1 of 2 workers run; 1 waits: {expected} (the words of the node).", ScalingNote.Of(2, census, JustNow));
    }

    [Fact]
    public void A_warning_about_a_pod_that_is_ready_by_now_explains_nothing()
    {
        var warnings = new Dictionary<string, ClusterEvent>
        {
            ["pod-0"] = new("pod-0", EventKind.NoSandbox, "once", null),
            [JobUid] = new(JobUid, EventKind.NotCreated, "once", null),
        };

        Assert.Null(ScalingNote.Of(1, WorkerCensus.Of(Job(1), [Pod(0, PodState.Ready)], warnings), JustNow));
    }

    [Fact]
    public void Workers_that_end_are_told_with_their_last_words()
    {
        var census = WorkerCensus.Of(Job(3), [Pod(0, PodState.Ready), .. Pods(1, 2, PodState.Failed, "Unexpected: boom", 1)], NoWarnings);

        Assert.Equal(
            "1 of 3 workers run; 2 ended and are started again after a while (exit code 1, Unexpected: boom).",
            ScalingNote.Of(3, census, JustNow));
    }

    [Fact]
    public void Those_that_are_given_up_are_named_by_their_index()
    {
        var census = WorkerCensus.Of(Job(5, failed: "1,3-4"), [Pod(0, PodState.Ready), Pod(2, PodState.Ready), Pod(1, PodState.Failed)], NoWarnings);

        Assert.Equal("2 of 5 workers run; 3 ended too often and are given up (index 1,3-4).", ScalingNote.Of(5, census, JustNow));
    }

    [Fact]
    public void Pods_on_their_way_are_not_spoken_of_before_it_takes_long()
    {
        var census = WorkerCensus.Of(Job(3), [Pod(0, PodState.Ready), Pod(1, PodState.Starting)], NoWarnings);

        Assert.Null(ScalingNote.Of(3, census, ScalingNote.Patience - TimeSpan.FromSeconds(1)));
        Assert.Equal(
            "1 of 3 workers run; 1 waits: not ready for 2 minutes and more; the pods' logs say why; "
            + "1 waits: the cluster has made no pod for 2 minutes and more.",
            ScalingNote.Of(3, census, ScalingNote.Patience));
    }

    [Fact]
    public void A_new_pod_speaks_for_its_worker_and_not_the_remains_of_the_one_before()
    {
        var census = WorkerCensus.Of(
            Job(1), [Pod(0, PodState.Failed, exitCode: 137, name: "old"), Pod(0, PodState.Ready, name: "new"), Pod(0, PodState.Disrupted, name: "older")],
            NoWarnings);

        Assert.Equal((1, 0), (census.Ready, census.Pending));
    }

    [Fact]
    public void Pods_of_another_job_and_above_the_number_asked_for_do_not_count()
    {
        var census = WorkerCensus.Of(
            Job(2), [Pod(0, PodState.Ready), Pod(5, PodState.Ready), Pod(1, PodState.Ready) with { JobUid = "another" }], NoWarnings);

        Assert.Equal((1, 1), (census.Ready, census.Pending));
    }

    [Fact]
    public void A_reason_stays_the_same_while_only_its_numbers_change()
    {
        var less = WorkerCensus.Of(Job(30), Pods(0, 5, PodState.Ready).Concat(Pods(5, 25, PodState.Unschedulable, NoRoom)), NoWarnings);
        var more = WorkerCensus.Of(Job(30), Pods(0, 9, PodState.Ready).Concat(Pods(9, 21, PodState.Unschedulable, "0/4 nodes are available")), NoWarnings);

        Assert.Equal(ScalingNote.Kinds(less, JustNow), ScalingNote.Kinds(more, JustNow));
        Assert.NotEqual(ScalingNote.Of(30, less, JustNow), ScalingNote.Of(30, more, JustNow));
    }
}
