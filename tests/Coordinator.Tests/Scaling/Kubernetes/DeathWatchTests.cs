using Migration.Coordinator.Scaling.Kubernetes;
using static Migration.Coordinator.Tests.Scaling.Kubernetes.Workers;

namespace Migration.Coordinator.Tests.Scaling.Kubernetes;

public sealed class DeathWatchTests
{
    [Fact]
    public void Workers_that_die_one_after_the_other_without_taking_up_a_slice_end_the_run()
    {
        var watch = new DeathWatch();
        Assert.Null(watch.Look([], 0, 5));
        Assert.Null(watch.Look(Dead(15), 0, 5));

        var hopeless = watch.Look(Dead(16), 0, 5);

        Assert.Equal(
            "16 workers ended one after the other without taking up a slice; the last one (dead-15) ended with exit code 1 and said: boom", hopeless);
    }

    [Fact]
    public void A_death_is_excused_by_progress_and_counted_once()
    {
        var watch = new DeathWatch();
        watch.Look([], 0, 2);
        Assert.Null(watch.Look(Dead(6), 0, 2));
        Assert.Null(watch.Look(Dead(6), 0, 2));
        Assert.Null(watch.Look(Dead(12), 1, 2));
        Assert.NotNull(watch.Look(Dead(13), 1, 2));
    }

    [Fact]
    public void What_died_before_this_coordinator_came_does_not_count()
    {
        var watch = new DeathWatch();

        Assert.Null(watch.Look(Dead(100), 0, 2));
        Assert.Null(watch.Look(Dead(101), 0, 2));
    }

    [Fact]
    public void Pods_that_were_taken_away_are_no_deaths()
    {
        var watch = new DeathWatch();
        watch.Look([], 0, 1);

        Assert.Null(watch.Look([.. Pods(0, 100, PodState.Disrupted)], 0, 1));
    }

    private static List<WorkerPod> Dead(int count)
        => [.. Enumerable.Range(0, count).Select(n => Pod(0, PodState.Failed, "boom", 1, $"dead-{n}"))];
}
