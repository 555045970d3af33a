using System.Globalization;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Reports;

/// <summary>Results as Markdown, for the console and for the documentation.</summary>
internal static class ResultText
{
    private const double Micro = 1e-6;
    private const double Million = 1e6;

    public static string Of(BenchResult result) => string.Join('\n', Parts(result));

    private static IEnumerable<string> Parts(BenchResult result)
    {
        yield return Setting(result);
        foreach (var table in new[] { Rates(result), Costs(result), Claims(result), Readings(result) }.Where(table => !table.IsEmpty))
            yield return table.ToString();
        foreach (var scenario in result.Scenarios.Where(scenario => scenario is { Remark: not null, Attempts.Count: > 0 }))
            yield return $"{scenario.Title}: {scenario.Remark}\n";
        foreach (var left in result.LeftOut)
            yield return $"Left out: {left.Name}. {left.Reason}\n";
    }

    private static string Setting(BenchResult result)
    {
        var machine = result.Machine;
        var versions = result.Versions;
        string?[] programs =
        [
            versions.DotNet, $"PostgreSQL {versions.PostgreSql}", versions.RabbitMq is { } broker ? $"RabbitMQ {broker}" : null,
            versions.Source is { } source ? $"a source that speaks MongoDB's protocol {source}" : null,
            versions.MongoFdw is { } extension ? $"mongo_fdw {extension}" : null,
            versions.Python is { } python ? $"Python {python}" : null, versions.Commit is { } commit ? $"commit {commit}" : null,
            versions.CompiledAhead ? "compiled ahead as in images" : "as built",
        ];
        return string.Create(CultureInfo.InvariantCulture, $"""
            {result.Products:N0} products of {(double)result.DumpBytes / result.Products:N0} bytes, {result.Rounds} rounds, {result.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC.
            {machine.Processor}, {machine.Cores} cores for everything, {machine.MemoryBytes / 1e9:N0} GB, {machine.System}, Linux {machine.Kernel}.
            {string.Join(", ", programs.OfType<string>())}.
            {Load(result)}

            """);
    }

    private static string Load(BenchResult result)
    {
        var loads = Spread.Of(result.Scenarios.SelectMany(scenario => scenario.Attempts.Values).Select(attempt => attempt.LoadBefore));
        return loads is null
            ? "Nothing was measured."
            : string.Create(CultureInfo.InvariantCulture, $"Load average before an attempt, that of the benchmark itself included: {loads.Median:0.0} ({loads.Least:0.0} to {loads.Most:0.0}).");
    }

    private static MarkdownTable Rates(BenchResult result)
    {
        var table = new MarkdownTable("way", "rows", "of one psql stream", "start-up and all", "rows/s");
        var reference = result.Find(result.Reference);
        foreach (var scenario in Measured(result, ScenarioKind.Rows))
        {
            table.Add(
                scenario.Title, Figures.Median(scenario.Of(a => a.Rows), "N0"), Figures.Ratio(scenario.Against(reference, a => a.Rate)),
                Figures.Ratio(scenario.Against(reference, a => a.WholeRate)), Figures.Median(scenario.Of(a => a.Rate), "N0"));
        }

        return table;
    }

    private static MarkdownTable Costs(BenchResult result)
    {
        var table = new MarkdownTable(
            "way", "CPU, µs a row", "coordinator's", "PostgreSQL's", "all else", "most memory, MB", "allocated, bytes a row", "slices", "planning, s");
        foreach (var scenario in Measured(result, ScenarioKind.Rows))
        {
            table.Add(
                scenario.Title, PerRow(scenario, a => a.CpuSeconds), PerRow(scenario, a => a.CoordinatorCpuSeconds),
                PerRow(scenario, a => a.PostgresCpuSeconds), PerRow(scenario, a => a.OtherCpuSeconds),
                Figures.Median(scenario.Of(a => a.PeakBytes), "N0", Million), Figures.Median(scenario.Of(a => a.AllocatedBytesPerRow), "N0"),
                Figures.Median(scenario.Of(a => a.Slices), "N0"), Figures.Median(scenario.Of(a => a.PlanningSeconds), "0.00"));
        }

        return table;
    }

    private static MarkdownTable Claims(BenchResult result)
    {
        var table = new MarkdownTable("what is held against what", "wanted", "measured");
        foreach (var claim in Claim.All)
        {
            if (claim.Measure(result) is { } measured)
                table.Add(claim.Title, string.Create(CultureInfo.InvariantCulture, $"at {(claim.IsMost ? "most" : "least")} {claim.Wanted}"), Figures.Ratio(measured));
        }

        return table;
    }

    private static MarkdownTable Readings(BenchResult result)
    {
        var table = new MarkdownTable("reading", "records", "seconds", "records/s", "most memory, MB");
        foreach (var scenario in Measured(result, ScenarioKind.Reading))
        {
            table.Add(
                scenario.Title, Figures.Median(scenario.Of(a => a.Rows), "N0"), Figures.Seconds(scenario.Of(a => a.Seconds)),
                Figures.Median(scenario.Of(a => a.Rate), "N0"), Figures.Median(scenario.Of(a => a.PeakBytes), "N0", Million));
        }

        return table;
    }

    private static IEnumerable<ScenarioResult> Measured(BenchResult result, ScenarioKind kind)
        => result.Scenarios.Where(scenario => scenario.Kind == kind && scenario.Attempts.Count > 0);

    private static string PerRow(ScenarioResult scenario, Func<Attempt, double?> seconds)
        => Figures.Median(scenario.Of(attempt => seconds(attempt) / attempt.Rows), "0.00", Micro);
}
