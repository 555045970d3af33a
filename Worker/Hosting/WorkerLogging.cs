using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Migration.Worker.Hosting;

/// <summary>Where log messages go and which.</summary>
public static class WorkerLogging
{
    /// <summary>One line a message on standard error; JSON where MIGRATION_LOG_FORMAT is <c>json</c>, as in a pod.</summary>
    public static ILoggingBuilder AddWorkerConsole(this ILoggingBuilder logging, bool debug)
    {
        var json = Environment.GetEnvironmentVariable("MIGRATION_LOG_FORMAT") == "json";
        logging.Configure(options => options.ActivityTrackingOptions = ActivityTrackingOptions.None);
        if (json)
            logging.AddJsonConsole(console => { console.IncludeScopes = true; console.UseUtcTimestamp = true; console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ"; });
        else
            logging.AddSimpleConsole(console => { console.SingleLine = true; console.UseUtcTimestamp = true; console.TimestampFormat = "HH:mm:ss.fff "; console.ColorBehavior = LoggerColorBehavior.Disabled; });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        return logging
            .SetMinimumLevel(debug ? LogLevel.Debug : LogLevel.Information)
            .AddFilter("MassTransit", debug ? LogLevel.Information : LogLevel.Error)
            .AddFilter("Microsoft", LogLevel.Warning);
    }
}
