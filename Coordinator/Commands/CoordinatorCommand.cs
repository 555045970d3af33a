using System.CommandLine;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator</c>: its commands, one file each.</summary>
internal static class CoordinatorCommand
{
    public static RootCommand Create() => new("Moves MongoDB and DocumentDB collections into PostgreSQL.")
    {
        InferCommand.Create(),
        CheckCommand.Create(),
        RunCommand.Create(),
        PlanCommand.Create(),
        StatusCommand.Create(),
        ReportCommand.Create(),
        FailuresCommand.Create(),
        ReplayCommand.Create(),
        ScaleCommand.Create(),
    };
}
