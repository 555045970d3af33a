using Microsoft.Extensions.Time.Testing;
using Migration.Worker.Consumers;

namespace Migration.Worker.Tests.Consumers;

public sealed class ConfirmsTests
{
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_confirm_that_never_comes_is_waited_for_a_minute()
    {
        var waiting = new TaskCompletionSource().Task.InTimeAsync(_time, Cancellation);

        _time.Advance(Confirms.Patience - TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        var late = await Assert.ThrowsAsync<TimeoutException>(() => waiting);
        Assert.Equal("RabbitMQ has not confirmed a message for 60 seconds.", late.Message);
    }

    [Fact]
    public async Task What_the_broker_says_comes_through()
    {
        await Task.CompletedTask.InTimeAsync(_time, Cancellation);
        await Assert.ThrowsAsync<IOException>(() => Task.FromException(new IOException()).InTimeAsync(_time, Cancellation));
        var own = new TimeoutException("its own");
        Assert.Same(own, await Assert.ThrowsAsync<TimeoutException>(() => Task.FromException(own).InTimeAsync(_time, Cancellation)));
    }
}
