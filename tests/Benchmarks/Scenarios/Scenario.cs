using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Scenarios;

/// <summary>One way of doing the work, as programs of its own; measured once in every round.</summary>
internal abstract class Scenario
{
    /// <summary>By which it is asked for, and known in results.</summary>
    public required string Name { get; init; }

    public required string Title { get; init; }

    /// <summary>A sentence that must stand beside its figures, for it does less than others; null for none.</summary>
    public string? Remark { get; init; }

    /// <summary>One of those that are compared first, and that end within a quarter of an hour.</summary>
    public bool IsCore { get; init; }

    /// <summary>Takes so long that it must be asked for by its name.</summary>
    public bool IsLong { get; init; }

    public virtual ScenarioKind Kind => ScenarioKind.Rows;

    public abstract ScenarioNeeds Needs { get; }

    /// <summary>Does the work, and sees to it that it was done.</summary>
    /// <param name="thorough">Compares all rows, and not only their number.</param>
    /// <exception cref="BenchException">A program failed, or rows are missing or wrong.</exception>
    public abstract Task<Attempt> RunAsync(Bench bench, bool thorough, CancellationToken cancellation);
}
