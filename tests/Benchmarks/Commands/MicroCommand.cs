using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Migration.Benchmarks.Micro;

namespace Migration.Benchmarks.Commands;

/// <summary><c>micro</c>: parts of the way of a record, each alone and in this process, with what they allocate.</summary>
internal static class MicroCommand
{
    /// <summary>Of each: where the machine is busy, more would not make it steadier.</summary>
    private const int MostIterations = 20;

    private static readonly Argument<string> s_filter = new("FILTER")
    {
        Description = "Only those whose full name fits, e.g. *Decoding*",
        DefaultValueFactory = _ => "*",
    };

    /// <summary>Where the tables are kept, as Markdown.</summary>
    public static string Folder => Path.Combine(Repository.ResultsFolder, "micro");

    public static Command Create()
    {
        var command = new Command("micro", "Measure decoding, mapping and encoding alone") { s_filter };
        command.SetAction(parsed => Run(parsed.GetValue(s_filter)!));
        return command;
    }

    /// <returns>0, or 1 when one of them failed or none fits.</returns>
    private static int Run(string filter)
    {
        var summaries = BenchmarkSwitcher.FromTypes([typeof(Decoding), typeof(MappingAll), typeof(MappingOne)]).Run(["--filter", filter], Config()).ToList();
        return summaries.Count > 0 && summaries.All(summary => summary.Reports.Length > 0 && summary.Reports.All(report => report.Success)) ? 0 : 1;
    }

    // In this process: a project that the library would generate knows nothing of how this repository is built.
    private static ManualConfig Config() => ManualConfig.CreateEmpty()
        .AddJob(Job.Default.WithMaxIterationCount(MostIterations).WithToolchain(InProcessEmitToolchain.Instance))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(ConsoleLogger.Default)
        .AddExporter(MarkdownExporter.GitHub)
        .WithArtifactsPath(Folder)
        .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile);
}
