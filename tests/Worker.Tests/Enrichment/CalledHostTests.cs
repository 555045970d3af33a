using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment.Calls;

namespace Migration.Worker.Tests.Enrichment;

public sealed class CalledHostTests
{
    /// <summary>A wait that is over by the second look at the clock is less than nothing: to a timer that is for ever, or an error.</summary>
    [Fact]
    public async Task However_late_a_busy_host_s_rest_is_looked_at_the_call_is_made()
    {
        for (var step = 100; step < 1_000; step += 45)
        {
            var tries = 0;
            using var host = new CalledHost("http://busy", new CallSettings(), new RushingTime(TimeSpan.FromMilliseconds(step)), NullLogger.Instance);

            var answer = await host.CallAsync(
                _ => Task.FromResult(new HttpAnswer(++tries < 4 ? 429 : 200, default, RetryAfter: TimeSpan.FromSeconds(1))),
                TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

            Assert.Equal((200, 4), (answer.Status, tries));
        }
    }

    /// <summary>Each look at it finds it later, and no timer takes its time.</summary>
    private sealed class RushingTime(TimeSpan step) : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref _now, step.Ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
            => System.CreateTimer(callback, state, dueTime < TimeSpan.Zero ? dueTime : Min(dueTime), period);

        /// <summary>A try's own time-out stays far away.</summary>
        private static TimeSpan Min(TimeSpan due) => due > TimeSpan.FromSeconds(20) ? due : TimeSpan.Zero;
    }
}
