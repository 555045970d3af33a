using Migration.ChaosHook;
using Migration.Worker;

namespace Migration.Chaos.Tests.Faults;

/// <summary>A process does something to itself at a point of the protocol.</summary>
internal sealed class SelfFault(string name, ProgramKind program, string point, int passage, string deed)
    : Fault(name, FormattableString.Invariant($"{deed} {program.Word()} at {point}@{passage}"))
{
    /// <summary>Told to stop, a worker ends as when its work is done, and a coordinator says that it was interrupted.</summary>
    public override IReadOnlyList<int> ExcusedExitCodes(ProgramKind of) => of != program ? [] : deed switch
    {
        "kill" => [Killed],
        "term" => [program == ProgramKind.Worker ? ExitCode.Done : ExitCode.Interrupted],
        _ => [],
    };

    public override ChaosOrder Order { get; } = new(name, program.Word(), point, null, passage, false, deed, null);
}
