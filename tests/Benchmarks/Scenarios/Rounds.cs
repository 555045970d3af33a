using System.Globalization;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Scenarios;

/// <summary>
/// Runs every scenario once in each round, one at a time. Each round begins with another one, so that none has always the
/// same before it. What was measured is kept after each attempt.
/// </summary>
internal sealed class Rounds(Bench bench, IReadOnlyList<Scenario> scenarios, BenchResult result, string path)
{
    private bool _failed;

    /// <returns>Whether all that could be run did what it should.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        foreach (var scenario in scenarios)
            result.Scenarios.Add(new ScenarioResult(scenario.Name, scenario.Title, scenario.Kind) { Remark = scenario.Remark });
        for (var round = 0; round < result.Rounds; round++)
        {
            for (var turn = 0; turn < scenarios.Count; turn++)
                await AttemptAsync(scenarios[(turn + FirstOf(round)) % scenarios.Count], round, cancellation);
        }

        return !_failed;
    }

    /// <summary>Spread over the scenarios by the rounds.</summary>
    private int FirstOf(int round) => round * scenarios.Count / result.Rounds;

    private async Task AttemptAsync(Scenario scenario, int round, CancellationToken cancellation)
    {
        if (result.LeftOut.Exists(left => left.Name == scenario.Name))
            return;
        Say($"round {round + 1} of {result.Rounds}, {scenario.Name}: ");
        EmptyFolder();
        var load = Machine.Load();
        try
        {
            var attempt = await scenario.RunAsync(bench, thorough: round == 0, cancellation) with { LoadBefore = load };
            result.Find(scenario.Name)!.Attempts[round] = attempt;
            Say(string.Create(CultureInfo.InvariantCulture, $"{attempt.Seconds:0.00} s ({attempt.WholeSeconds:0.00} in all), {attempt.Rate:N0}/s\n"));
        }
        catch (BenchException e)
        {
            _failed = true;
            result.LeftOut.Add(new LeftOut(scenario.Name, e.Message));
            Say($"failed. {e.Message}\n");
        }

        ResultFile.Write(result, path);
    }

    private void EmptyFolder()
    {
        if (Directory.Exists(bench.Folder))
            Directory.Delete(bench.Folder, recursive: true);
        Directory.CreateDirectory(bench.Folder);
    }

    private static void Say(string text) => Console.Error.Write(text);
}
