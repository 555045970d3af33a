using System.CommandLine;
using Migration.Benchmarks.Scenarios;

namespace Migration.Benchmarks.Commands;

/// <summary><c>list</c>: the scenarios there are.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var command = new Command("list", "Say which scenarios there are");
        command.SetAction(_ =>
        {
            foreach (var scenario in Catalogue.Scenarios)
                Console.WriteLine($"{scenario.Name,-22} {(scenario.IsCore ? "core" : scenario.IsLong ? "long" : ""),-4} {scenario.Title}");
        });
        return command;
    }
}
