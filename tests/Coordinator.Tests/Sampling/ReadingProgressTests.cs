using Microsoft.Extensions.Time.Testing;
using Migration.Coordinator.Sampling;

namespace Migration.Coordinator.Tests.Sampling;

public sealed class ReadingProgressTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void What_takes_a_while_is_told_every_ten_seconds()
    {
        using var errors = new StringWriter { NewLine = "\n" };
        using (var progress = new ReadingProgress(errors, _time))
        {
            progress.Opening("orders");
            _time.Advance(TimeSpan.FromSeconds(3));
            progress.Walked("orders", 1_000_000, 4_000_000);
            _time.Advance(TimeSpan.FromSeconds(9));
            progress.Walked("orders", 4_200_000, 4_000_000);
            _time.Advance(TimeSpan.FromSeconds(1));
            progress.Read("orders", 300, 1_000);
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(
            "orders: opening\norders: 4,200,000 of about 4,200,000 keys walked\norders: 300 of about 1,000 documents read\n", errors.ToString());
    }

    [Fact]
    public void What_is_done_within_three_seconds_is_not_spoken_of()
    {
        using var errors = new StringWriter();
        using var progress = new ReadingProgress(errors, _time);
        progress.Walked("orders", 10, 20);
        _time.Advance(TimeSpan.FromSeconds(2.9));

        Assert.Empty(errors.ToString());
    }
}
