using Migration.ChaosHook;

namespace Migration.Chaos.Tests.Faults;

/// <summary>A process does something to itself at a point of the protocol.</summary>
internal sealed class SelfFault(string name, ProgramKind program, string point, int passage, string deed)
    : Fault(name, FormattableString.Invariant($"{deed} {program.Word()} at {point}@{passage}"))
{
    public override ChaosOrder Order { get; } = new(name, program.Word(), point, null, passage, false, deed, null);
}
