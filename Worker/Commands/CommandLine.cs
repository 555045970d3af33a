using System.CommandLine;

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
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync($"'{parsed.CommandResult.Command.Name} --help' shows what can be said.");
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
            await Console.Error.WriteLineAsync(parsed.GetValue(Debug) ? e.ToString() : message);
            return code;
        }
    }
}
