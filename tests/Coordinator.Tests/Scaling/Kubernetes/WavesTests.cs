using CsCheck;
using Migration.Coordinator.Scaling.Kubernetes;
using static Migration.Coordinator.Tests.Scaling.Kubernetes.Workers;

namespace Migration.Coordinator.Tests.Scaling.Kubernetes;

public sealed class WavesTests
{
    private static readonly WaveSizes Sizes = new(5, 25);

    [Fact]
    public void The_first_wave_is_small_and_the_next_ones_come_when_all_before_are_ready()
    {
        var steps = new List<int> { Waves.First(300, Sizes) };
        while (steps[^1] < 300)
            steps.Add(Waves.Next(300, Sizes, Census(steps[^1], ready: steps[^1])));

        Assert.Equal([5, 30, 55, 80, 105, 130, 155, 180, 205, 230, 255, 280, 300], steps);
    }

    [Theory]
    [InlineData(29)]
    [InlineData(5)]
    [InlineData(0)]
    public void While_one_of_a_wave_is_not_ready_no_other_wave_comes(int ready)
        => Assert.Equal(30, Waves.Next(300, Sizes, Census(30, ready)));

    [Fact]
    public void Nothing_is_lowered_because_some_do_not_come()
        => Assert.Equal(80, Waves.Next(300, Sizes, Census(80, ready: 10)));

    [Theory]
    [InlineData(10)]
    [InlineData(1)]
    [InlineData(0)]
    public void Fewer_that_are_wanted_are_had_at_once_whatever_is_pending(int wanted)
        => Assert.Equal(wanted, Waves.Next(wanted, Sizes, Census(80, ready: 60)));

    [Fact]
    public void After_all_were_let_go_it_begins_with_the_first_wave_again()
        => Assert.Equal(5, Waves.Next(300, Sizes, Census(0, ready: 0)));

    [Fact]
    public void Workers_that_are_given_up_or_over_are_not_waited_for()
    {
        var census = WorkerCensus.Of(
            Job(30, failed: "1,3-5", completed: "29"), Pods(6, 23, PodState.Ready).Concat([Pod(0, PodState.Ready), Pod(2, PodState.Ready)]), NoWarnings);

        Assert.Equal((25, 1, 4, 0), (census.Ready, census.Completed, census.FailedCount, census.Pending));
        Assert.Equal(55, Waves.Next(300, Sizes, census));
    }

    [Fact]
    public void There_is_never_more_than_one_wave_pending_that_was_not_there_before()
        => Gen.Select(Gen.Int[1, 2000], Gen.Int[1, 50], Gen.Int[1, 100], Gen.Int[0, 2000], Gen.Int[0, 2000]).Sample(
            (wanted, first, step, asked, ready) =>
            {
                var census = Census(asked, Math.Min(ready, asked));
                var next = Waves.Next(wanted, new WaveSizes(first, step), census);
                Assert.InRange(next, 0, Math.Max(wanted, 0));
                if (next > asked)
                    Assert.True(census.Pending == 0 && next - asked <= (asked == 0 ? first : step), $"{asked} -> {next}");
                if (census.Pending == 0 && asked < wanted)
                    Assert.True(next > asked);
            });

    private static WorkerCensus Census(int asked, int ready)
        => WorkerCensus.Of(Job(asked), Pods(0, ready, PodState.Ready), NoWarnings);
}
