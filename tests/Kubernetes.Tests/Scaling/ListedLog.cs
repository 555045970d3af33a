using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Migration.Kubernetes.Tests.Scaling;

/// <summary>What was logged, as lines.</summary>
internal sealed class ListedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => new Lister(_lines);

    public void Dispose()
    {
    }

    public override string ToString() => string.Join('\n', _lines.TakeLast(30));

    private sealed class Lister(ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => lines.Enqueue(formatter(state, exception));
    }
}
