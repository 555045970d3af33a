namespace Migration.Chaos.Tests.Faults;

/// <summary>The coordinator is killed while it only looks on.</summary>
internal sealed class CoordinatorKilled(string name, Moment moment) : OutsideFault(name, "kill coordinator", moment)
{
    public override IReadOnlyList<int> ExcusedExitCodes(ProgramKind program) => program == ProgramKind.Coordinator ? [Killed] : [];

    protected override async Task HappenAsync(Theatre theatre, CancellationToken cancellation)
    {
        if (theatre.Crew.Coordinator is { HasExited: false } coordinator)
            await coordinator.KillAsync();
    }
}
