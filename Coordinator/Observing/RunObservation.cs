using Microsoft.Extensions.Logging;
using Migration.Worker.Hosting;
using Migration.Worker.Probes;

namespace Migration.Coordinator.Observing;

/// <summary>How a coordinator is looked after from outside while it drives a run.</summary>
internal sealed class RunObservation : IDisposable
{
    /// <param name="patience">How long to wait at the start for servers that are away.</param>
    public RunObservation(TimeSpan patience, bool debug)
    {
        Loggers = LoggerFactory.Create(logging => logging.AddWorkerConsole(debug));
        Patience = new Patience(patience, Health, Loggers.CreateLogger<Patience>(), TimeProvider.System);
        Figures = new RunFigures(TimeProvider.System);
    }

    public ILoggerFactory Loggers { get; }

    public ProgramHealth Health { get; } = new(TimeProvider.System);

    public Patience Patience { get; }

    public RunFigures Figures { get; }

    public void Dispose()
    {
        Figures.Dispose();
        Loggers.Dispose();
    }
}
