using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Migration.Coordinator.Publishing;

namespace Migration.Coordinator.Tests.Publishing;

public sealed class RunBusTests
{
    [Fact]
    public async Task A_bus_that_never_ends_does_not_hold_the_run()
    {
        var (stopping, time) = (new TaskCompletionSource(), new FakeTimeProvider());
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSingleton<IHostedService>(new Deaf(stopping));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        var leaving = new RunBus(host, time).DisposeAsync().AsTask();
        await stopping.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(leaving.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(45));

        await leaving.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    /// <summary>Heeds neither that it shall stop nor that its time is up.</summary>
    private sealed class Deaf(TaskCompletionSource stopping) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            stopping.SetResult();
            return Task.Delay(Timeout.Infinite, CancellationToken.None);
        }
    }
}
