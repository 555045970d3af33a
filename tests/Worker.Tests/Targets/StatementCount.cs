using Microsoft.Extensions.Logging;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

/// <summary>Counts what a connection asks of PostgreSQL: commands, each a round trip, and COPYs.</summary>
internal sealed class StatementCount : ILoggerProvider, ILogger
{
    private int _count;

    public NpgsqlDataSource Source(string connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.UseLoggerFactory(LoggerFactory.Create(logging => logging.AddProvider(this)));
        return builder.Build();
    }

    /// <summary>Since the last call.</summary>
    public int Take() => Interlocked.Exchange(ref _count, 0);

    public ILogger CreateLogger(string categoryName) => this;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name is "CommandExecutionCompleted" or "BatchExecutionCompleted" or "StartingRawCopy")
            Interlocked.Increment(ref _count);
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public void Dispose()
    {
    }
}
