using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Migration.Worker.Hosting;

/// <summary>A <see cref="JsonLine"/> a message, in which the scopes' values are members of their own: run, collection, slice.</summary>
internal sealed class JsonFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "json-line";

    private const string Template = "{OriginalFormat}";

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var (category, eventId, exception) = (logEntry.Category, logEntry.EventId.Id, logEntry.Exception);
        textWriter.WriteLine(JsonLine.Of(
            time.GetUtcNow(), Level(logEntry.LogLevel), logEntry.Formatter(logEntry.State, exception).ReplaceLineEndings(" "),
            json =>
            {
                WriteScopes(json, scopeProvider);
                json.WriteNumber("event", eventId);
                json.WriteString("category", category);
                if (exception is null)
                    return;
                json.WriteString("error", TransientRetry.FirstLine(exception));
                json.WriteString("stack", exception.ToString());
            }));
    }

    /// <summary>Of two scopes that hold the same name the inner one counts.</summary>
    private static void WriteScopes(Utf8JsonWriter json, IExternalScopeProvider? scopes)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        scopes?.ForEachScope(
            static (scope, members) =>
            {
                foreach (var (name, value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [])
                {
                    if (name != Template)
                        members[JsonNamingPolicy.CamelCase.ConvertName(name)] = value;
                }
            },
            members);
        foreach (var (name, value) in members)
            json.Write(name, value);
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Warning => "warning",
        LogLevel.Error or LogLevel.Critical => "error",
        _ => "info",
    };
}
