using System.CommandLine;
using Migration.Worker.Hosting;

namespace Migration.Worker.Commands;

/// <summary>How both programs run a command line: one clear message and an exit code, a stack trace only on request.</summary>
public static class CommandLine
{
    /// <summary>Added to every command.</summary>
    public static readonly Option<bool> Debug = new("--debug")
    {
        Description = "Show stack traces and debug messages",
        Recursive = true,
    };

    /// <summary>Parses and invokes; whatever ends the command is printed to standard error.</summary>
    public static async Task<int> RunAsync(this RootCommand root, string[] args)
    {
        root.Options.Add(Debug);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
                await ComplainAsync(error.Message, ExitCode.Configuration);
            await ComplainAsync($"'{parsed.CommandResult.Command.Name} --help' shows what can be said.", ExitCode.Configuration);
            return ExitCode.Configuration;
        }

        try
        {
            // Ctrl-C and SIGTERM cancel the command's token; it drains, hands back, says so, and has this long for it.
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
            });
        }
        catch (Exception e)
        {
            var (code, message) = Failure.Describe(e);
            await ComplainAsync(parsed.GetValue(Debug) ? e.ToString() : message, code);
            return code;
        }
    }

    /// <summary>To standard error; where messages are JSON, as one more of them.</summary>
    private static Task ComplainAsync(string message, int code) => JsonLine.IsWanted
        ? Console.Out.WriteLineAsync(JsonLine.Of(DateTimeOffset.UtcNow, "error", message, json => json.WriteNumber("exitCode", code)))
        : Console.Error.WriteLineAsync(message);
}
