using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Migration.Worker.Hosting;

/// <summary>
/// Runs a host to its end, which is not waited for for ever: services heed their time-out or not, and a message bus whose
/// broker went away half open may not. What the ledger has to know it knows by then, or others find it.
/// </summary>
internal static class HostRun
{
    /// <summary>
    /// More than the host gives its services to stop (<see cref="HostOptions.ShutdownTimeout"/>, 25 seconds), and less than the
    /// command line gives the program after a signal (30 seconds), which would end it with the signal's exit code.
    /// </summary>
    internal static readonly TimeSpan Farewell = TimeSpan.FromSeconds(27);

    /// <summary>
    /// Disposes of the host, unless it was left behind. That services took longer to stop than they may is no failure of a
    /// program that had started.
    /// </summary>
    public static async Task ToEndAsync(IHost host, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted;
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.UnsafeRegister(
            static told => ((TaskCompletionSource)told!).SetResult(), stopping);
        var running = host.RunAsync(cancellationToken);
        if (await Task.WhenAny(running, stopping.Task) != running
            && await Task.WhenAny(running, Task.Delay(Farewell, time, CancellationToken.None)) != running)
            return;
        try
        {
            await running;
        }
        catch (Exception e) when (Failure.IsCancellation(e) && started.IsCancellationRequested)
        {
        }
    }
}
