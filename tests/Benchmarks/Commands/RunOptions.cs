using System.CommandLine;
using Migration.Benchmarks.Scenarios;

namespace Migration.Benchmarks.Commands;

/// <summary>What is measured, and how often.</summary>
internal sealed record RunOptions(
    long Products, int Rounds, IReadOnlyList<Scenario> Scenarios, long ServerProducts, long Sample, string Folder, string? Output)
{
    private static readonly Option<long> s_products = new("--products") { Description = "Rows that all ways bring", DefaultValueFactory = _ => 1_000_000 };
    private static readonly Option<int> s_rounds = new("--rounds") { Description = "How often each scenario is run", DefaultValueFactory = _ => 3 };
    private static readonly Option<string[]> s_only = new("--only")
    {
        Description = "Scenarios by name, separated by commas; or core, or all [default: all]",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<long> s_serverProducts = new("--server-products")
    {
        Description = "Rows that come from a server, at most --products",
        DefaultValueFactory = _ => 50_000,
    };

    private static readonly Option<long> s_sample = new("--sample")
    {
        Description = "Rows for what writes one at a time",
        DefaultValueFactory = _ => 20_000,
    };

    private static readonly Option<string> s_folder = new("--folder")
    {
        Description = "Where the data are kept from one call to the next",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine(Repository.Root, ".local", "bench", "data"),
    };

    private static readonly Option<string?> s_output = new("--output")
    {
        Description = "File for the results [default: one of its own below artifacts/bench]",
        HelpName = "FILE",
    };

    public ScenarioNeeds Needs => Scenarios.Aggregate(ScenarioNeeds.None, (needs, scenario) => needs | scenario.Needs);

    /// <summary>The same without the scenarios that need it.</summary>
    public RunOptions Without(ScenarioNeeds need) => this with { Scenarios = [.. Scenarios.Where(scenario => !scenario.Needs.HasFlag(need))] };

    public static void AddTo(Command command)
    {
        foreach (var option in (Option[])[s_products, s_rounds, s_only, s_serverProducts, s_sample, s_folder, s_output])
            command.Options.Add(option);
    }

    /// <exception cref="BenchException">A number is out of its range, or a name is not known.</exception>
    public static RunOptions Read(ParseResult parsed)
    {
        var names = (parsed.GetValue(s_only) ?? []).SelectMany(names => names.Split(',', StringSplitOptions.RemoveEmptyEntries)).ToList();
        var products = InRange(parsed.GetValue(s_products), 100, 1_000_000_000, "--products");
        return new RunOptions(
            products,
            (int)InRange(parsed.GetValue(s_rounds), 1, 100, "--rounds"),
            Catalogue.Choose(names),
            Math.Min(products, InRange(parsed.GetValue(s_serverProducts), 100, 1_000_000_000, "--server-products")),
            InRange(parsed.GetValue(s_sample), 100, 1_000_000_000, "--sample"),
            Path.GetFullPath(parsed.GetValue(s_folder)!),
            parsed.GetValue(s_output));
    }

    private static long InRange(long value, long least, long most, string option) => value >= least && value <= most
        ? value
        : throw new BenchException($"{option} {value}: give a number from {least:N0} to {most:N0}.");
}
