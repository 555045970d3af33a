using Migration.ChaosHook;
using Migration.Worker;

namespace Migration.Chaos.Tests.Faults;

/// <summary>A product on which every worker that maps it comes to grief, each time.</summary>
internal sealed class Poison(string name, string deed, string product) : Fault(name, $"poison: {deed}")
{
    /// <summary>What the heap may grow to where a document allocates without end, in hexadecimal.</summary>
    private const string Heap = "10000000";

    public override ChaosOrder Order { get; } = new(name, ProgramKind.Worker.Word(), ProtocolPoint.BeforeMap, product, 1, true, deed, null);

    public override IReadOnlyDictionary<string, string?> Environment =>
        deed == "allocate" ? new Dictionary<string, string?> { ["DOTNET_GCHeapHardLimit"] = Heap } : base.Environment;

    // SIGABRT: how .NET ends when the stack is used up, or the memory for good.
    public override IReadOnlyList<int> ExcusedExitCodes => [134];

    public override string Poisoned(ShopSource shop) => product;
}
