using Microsoft.Extensions.Time.Testing;
using Migration.Coordinator.Tracking;

namespace Migration.Coordinator.Tests.Tracking;

public sealed class RateMeterTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_pace_is_that_of_the_last_15_seconds()
    {
        var meter = new RateMeter(_time);
        for (var second = 0; second <= 60; second++)
        {
            meter.Add(second <= 40 ? second * 1000 : 40_000 + ((second - 40) * 10));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(10, meter.PerSecond!.Value, 6);
        Assert.Equal(TimeSpan.FromSeconds(80), meter.Left(41_000));
    }

    [Fact]
    public void The_wait_before_the_first_record_does_not_count()
    {
        var meter = new RateMeter(_time);
        Look(meter, 500, seconds: 100);
        Assert.Null(meter.PerSecond);
        Look(meter, 500, seconds: 2);
        Look(meter, 700, seconds: 0);

        Assert.Equal(100, meter.PerSecond!.Value, 6);
    }

    [Fact]
    public void What_has_stopped_has_no_end_in_sight()
    {
        var meter = new RateMeter(_time);
        Look(meter, 0, seconds: 1);
        for (var i = 0; i < 20; i++)
            Look(meter, 100, seconds: 1);

        Assert.Equal(0, meter.PerSecond);
        Assert.Null(meter.Left(200));
        Assert.Equal(TimeSpan.Zero, meter.Left(100));
    }

    private void Look(RateMeter meter, long count, int seconds)
    {
        meter.Add(count);
        _time.Advance(TimeSpan.FromSeconds(seconds));
    }
}
