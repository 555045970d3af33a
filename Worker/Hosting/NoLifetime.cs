using Microsoft.Extensions.Hosting;

namespace Migration.Worker.Hosting;

/// <summary>For a host inside a program: the command owns Ctrl-C and SIGTERM, and a second owner would take the host down under it.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
