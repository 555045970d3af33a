using System.CommandLine;

namespace Migration.Benchmarks.Commands;

/// <summary>The command line. <c>./bench.sh</c> brings the servers that it needs.</summary>
internal static class BenchmarksCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Holds this system against other ways of bringing the same rows into PostgreSQL.")
        {
            RunCommand.Create(), NeedsCommand.Create(), ListCommand.Create(), PublishCommand.Create(), MicroCommand.Create(),
        };
        foreach (var command in ReadingCommands.Create())
            root.Add(command);
        return root;
    }

    /// <summary>Runs it; what a user can mend is said in one line.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> TryAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (BenchException e)
        {
            await Console.Error.WriteLineAsync($"bench: {e.Message}");
            return 2;
        }
    }
}
