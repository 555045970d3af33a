using Migration.ChaosHook;

namespace Migration.Chaos.Tests.Faults;

/// <summary>When a fault happens: never by the clock.</summary>
/// <param name="Share">Of the records that are done, 0 to 1, where no point is named.</param>
/// <param name="Point">Of the protocol, at which a process of <paramref name="Program"/> holds meanwhile.</param>
internal sealed record Moment(double Share, ProgramKind Program = ProgramKind.Worker, string? Point = null, int Passage = 1)
{
    public ChaosOrder? Order(string name)
        => Point is null ? null : new ChaosOrder(name, Program.Word(), Point, null, Passage, false, "hold", null);

    public override string ToString() => Point is null
        ? FormattableString.Invariant($"at {100 * Share:0}%")
        : FormattableString.Invariant($"while {Program.Word()} holds at {Point}@{Passage}");
}
