using System.Runtime.InteropServices;
using Migration.ChaosHook;

namespace Migration.Chaos.Tests.Faults;

/// <summary>
/// A worker is stopped (SIGSTOP) at a point of the protocol, sleeps until its slices were given to others, and then goes
/// on as if nothing had been.
/// </summary>
internal sealed partial class Zombie(string name, string point, int passage)
    : Fault(name, FormattableString.Invariant($"pause worker at {point}@{passage} until its slices are given away"))
{
    private const int SigCont = 18;

    private bool _woken;

    public override int LeastWorkers => 2;

    public override ChaosOrder Order { get; } = new(name, ProgramKind.Worker.Word(), point, null, passage, false, "stop", null);

    public override Task<bool> IsReadyAsync(Theatre theatre, CancellationToken cancellation)
        => Task.FromResult(!_woken && theatre.Marks.WhoMet(Order) is not null);

    public override async Task StrikeAsync(Theatre theatre, CancellationToken cancellation)
    {
        var process = theatre.Marks.WhoMet(Order)!.Value;
        try
        {
            await theatre.UntilAsync(
                $"the slices of process {process} are given away",
                () => theatre.AskAsync<bool>(
                    $"""
                    SELECT NOT EXISTS (SELECT FROM migration.slice s JOIN migration.worker w ON w.id = s.worker_id
                                       WHERE s.state = 'running' AND w.name LIKE '%:{process}')
                    """,
                    cancellation),
                cancellation);
        }
        finally
        {
            Wake(process);
        }
    }

    public override void End(Theatre theatre)
    {
        if (!_woken && theatre.Marks.WhoMet(Order) is { } process)
            Wake(process);
    }

    private void Wake(int process)
    {
        _woken = true;
        Assert.True(Kill(process, SigCont) == 0, $"Process {process} is gone; a stopped one cannot end.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
