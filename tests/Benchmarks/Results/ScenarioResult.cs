namespace Migration.Benchmarks.Results;

internal sealed record ScenarioResult(string Name, string Title, ScenarioKind Kind)
{
    /// <summary>A sentence that must stand beside its figures; null for none.</summary>
    public string? Remark { get; init; }

    /// <summary>By round, from 0.</summary>
    public SortedDictionary<int, Attempt> Attempts { get; init; } = [];

    /// <summary>The spread of a figure over the rounds; null where no round has it.</summary>
    public Spread? Of(Func<Attempt, double?> figure) => Spread.Of(Attempts.Values.Select(figure).OfType<double>());

    /// <summary>The spread of <paramref name="figure"/> divided by <paramref name="other"/>'s of the same round; null where no round has both.</summary>
    public Spread? Against(ScenarioResult? other, Func<Attempt, double?> figure) => other is null
        ? null
        : Spread.Of(Attempts
            .Where(attempt => other.Attempts.ContainsKey(attempt.Key))
            .Select(attempt => figure(attempt.Value) / figure(other.Attempts[attempt.Key]))
            .OfType<double>());
}
