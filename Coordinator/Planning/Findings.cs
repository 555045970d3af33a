using Migration.Worker;

namespace Migration.Coordinator.Planning;

/// <summary>What a look at the surroundings found to be in the way, so that one look shows all of it.</summary>
internal sealed class Findings
{
    private readonly List<(int Code, string Message)> _problems = [];

    /// <summary>Each once, in the order in which they were found.</summary>
    public IReadOnlyList<string> Messages => [.. _problems.Select(problem => problem.Message).Distinct()];

    /// <summary>Of the first problem; null without any.</summary>
    public int? ExitCode => _problems.Count == 0 ? null : _problems[0].Code;

    /// <summary>Problems of the configuration.</summary>
    public void Add(IEnumerable<string>? problems)
        => _problems.AddRange((problems ?? []).Select(problem => (Worker.ExitCode.Configuration, problem)));

    /// <summary>What the user can mend is noted, and the answer null; anything else is thrown.</summary>
    public async Task<T?> TryAsync<T>(Func<Task<T>> look)
        where T : class
    {
        try
        {
            return await look();
        }
        catch (Exception e) when (Failure.Describe(e).Code is Worker.ExitCode.Configuration or Worker.ExitCode.Unreachable)
        {
            _problems.Add(Failure.Describe(e));
            return null;
        }
    }
}
