using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Migration.Worker.Hosting;

namespace Migration.Worker.Tests.Hosting;

public sealed class HostRunTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_that_never_ends_does_not_hold_the_program()
    {
        var (stopping, time) = (new TaskCompletionSource(), new FakeTimeProvider());
        using var stop = new CancellationTokenSource();
        var running = HostRun.ToEndAsync(Build(new Service(stopping, Timeout.InfiniteTimeSpan)), time, stop.Token);

        await stop.CancelAsync();
        await stopping.Task.WaitAsync(Cancellation);
        Assert.False(running.IsCompleted);
        do
            time.Advance(HostRun.Farewell);
        while (await Task.WhenAny(running, Task.Delay(10, Cancellation)) != running);

        await running;
    }

    [Fact]
    public async Task One_that_ends_is_waited_for_as_long_as_it_takes_within_its_time()
    {
        var stopping = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var service = new Service(stopping, TimeSpan.FromSeconds(0.1));
        var running = HostRun.ToEndAsync(Build(service), new FakeTimeProvider(), stop.Token);

        await stop.CancelAsync();
        await running;

        Assert.True(service.HasEnded);
    }

    [Fact]
    public async Task That_a_service_took_longer_to_stop_than_it_may_is_no_failure()
    {
        using var stop = new CancellationTokenSource();
        var service = new Service(new TaskCompletionSource(), TimeSpan.Zero) { AtItsEnd = new OperationCanceledException() };
        var running = HostRun.ToEndAsync(Build(service), new FakeTimeProvider(), stop.Token);

        await stop.CancelAsync();
        await running;

        Assert.True(service.HasEnded);
    }

    private static IHost Build(Service service)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostedService>(service);
        return builder.Build();
    }

    private sealed class Service(TaskCompletionSource stopping, TimeSpan takes) : IHostedService
    {
        public bool HasEnded { get; private set; }

        public Exception? AtItsEnd { get; init; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            stopping.SetResult();
            await Task.Delay(takes, CancellationToken.None);
            HasEnded = true;
            if (AtItsEnd is { } end)
                throw end;
        }
    }
}
