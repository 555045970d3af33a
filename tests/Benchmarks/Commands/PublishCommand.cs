using System.CommandLine;
using Migration.Benchmarks.Reports;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Commands;

/// <summary><c>publish</c>: writes results into the documentation, tables and plots.</summary>
internal static class PublishCommand
{
    private static readonly Argument<string[]> s_files = new("FILE")
    {
        Description = "Files of results, the one to draw first [default: the newest of artifacts/bench]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string> s_docs = new("--docs")
    {
        Description = "The folder of performance.md",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine(Repository.Root, "docs"),
    };

    public static Command Create()
    {
        var command = new Command("publish", "Write results into docs/performance.md, with their plots") { s_files, s_docs };
        command.SetAction(async (parsed, _) => await BenchmarksCommand.TryAsync(
            () => Task.FromResult(Publish(parsed.GetValue(s_files) ?? [], parsed.GetValue(s_docs)!))));
        return command;
    }

    private static int Publish(string[] files, string docs)
    {
        var results = (files.Length == 0 ? [ResultFile.Newest()] : files).Select(ResultFile.Read).ToList();
        foreach (var written in new PerformancePage(docs).Write(results))
            Console.WriteLine(written);
        return 0;
    }
}
