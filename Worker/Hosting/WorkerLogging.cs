using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Migration.Worker.Hosting;

/// <summary>Where log messages go and which.</summary>
public static class WorkerLogging
{
    /// <summary>
    /// Standard error: a line a message; with <paramref name="debug"/> more of them, with category and stack. Where
    /// <c>MIGRATION_LOG_FORMAT</c> is <c>json</c>, as in a pod: JSON to standard output.
    /// </summary>
    public static ILoggingBuilder AddWorkerConsole(this ILoggingBuilder logging, bool debug)
    {
        ArgumentNullException.ThrowIfNull(logging);
        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.Services.Configure<ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = JsonLine.IsWanted ? LogLevel.None : LogLevel.Trace);
        if (JsonLine.IsWanted)
            logging.AddConsole(console => console.FormatterName = JsonFormatter.FormatterName).AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
        else if (debug)
            logging.AddSimpleConsole(console => (console.SingleLine, console.UseUtcTimestamp, console.TimestampFormat, console.ColorBehavior) = (true, true, "HH:mm:ss.fff ", LoggerColorBehavior.Disabled));
        else
            logging.AddConsole(console => console.FormatterName = LineFormatter.FormatterName).AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();

        // The host's own message about a failed start says what the program says when it ends.
        return logging
            .SetMinimumLevel(debug ? LogLevel.Debug : LogLevel.Information)
            .AddFilter("MassTransit", debug ? LogLevel.Information : LogLevel.Error)
            .AddFilter("Microsoft", debug ? LogLevel.Warning : LogLevel.None);
    }
}
