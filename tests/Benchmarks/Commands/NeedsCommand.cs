using System.CommandLine;
using Migration.Benchmarks.Scenarios;

namespace Migration.Benchmarks.Commands;

/// <summary><c>needs</c>, with <c>run</c>'s options: a word a line for each server or package that the run would need besides PostgreSQL.</summary>
internal static class NeedsCommand
{
    public static Command Create()
    {
        var command = new Command("needs") { Hidden = true };
        RunOptions.AddTo(command);
        command.SetAction(async (parsed, _) => await BenchmarksCommand.TryAsync(() => Task.FromResult(Print(RunOptions.Read(parsed).Needs))));
        return command;
    }

    private static int Print(ScenarioNeeds needs)
    {
        var words = new[]
        {
            (ScenarioNeeds.RabbitMq, "rabbitmq"), (ScenarioNeeds.Source, "source"), (ScenarioNeeds.Python, "python"), (ScenarioNeeds.MongoFdw, "mongo-fdw"),
        };
        foreach (var (need, word) in words)
        {
            if (needs.HasFlag(need))
                Console.WriteLine(word);
        }

        return 0;
    }
}
