using Microsoft.Extensions.Hosting;

namespace Migration.Worker.Hosting;

/// <summary>
/// Why this process cannot work on; asks its host to stop. Outlives the host, so that the program can end with the reason.
/// </summary>
internal sealed class WorkRefusal(IHostApplicationLifetime lifetime)
{
    private Exception? _reason;

    /// <summary>Null while there is none.</summary>
    public Exception? Reason => Volatile.Read(ref _reason);

    /// <summary>The first reason stays.</summary>
    public void Refuse(Exception reason)
    {
        Interlocked.CompareExchange(ref _reason, reason, null);
        lifetime.StopApplication();
    }
}
