namespace Migration.Benchmarks.Results;

/// <summary>One call of the benchmark: what was measured, where and with what; kept as JSON.</summary>
/// <param name="Products">That all ways bring, save those that say otherwise.</param>
/// <param name="DumpBytes">Of the dump's file.</param>
/// <param name="Reference">The scenario that those which write rows are held against, in the same round; null when none did.</param>
internal sealed record BenchResult(
    DateTimeOffset Started, long Products, long DumpBytes, int Rounds, string? Reference, Machine Machine, Versions Versions)
{
    public List<ScenarioResult> Scenarios { get; init; } = [];

    /// <summary>What was not measured, and why; what failed, too.</summary>
    public List<LeftOut> LeftOut { get; init; } = [];

    public ScenarioResult? Find(string? name) => Scenarios.Find(scenario => scenario.Name == name);
}
