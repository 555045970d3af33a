using Migration.ChaosHook;
using Migration.SampleShop;
using Migration.Worker;

namespace Migration.Chaos.Tests.Faults;

/// <summary>A product on which every worker that maps it comes to grief, each time.</summary>
/// <param name="deed">Of <see cref="ChaosDeed"/>: kill, overflow, allocate, hang or throw.</param>
/// <param name="product">Its id, in hexadecimal digits.</param>
internal sealed class Poison(string name, string deed, string product) : Fault(name, $"poison that makes workers {deed}")
{
    /// <summary>What the heap may grow to where a document allocates without end, in hexadecimal: 192 MiB.</summary>
    private const string Heap = "C000000";

    /// <summary>SIGABRT: how .NET ends when the stack is used up, or the memory for good.</summary>
    private const int Aborted = 134;

    public override ChaosOrder Order { get; } = new(name, ProgramKind.Worker.Word(), ProtocolPoint.BeforeMap, product, 1, true, deed, null);

    public override IReadOnlyDictionary<string, string?> Environment =>
        deed == "allocate" ? new Dictionary<string, string?> { ["DOTNET_GCHeapHardLimit"] = Heap } : base.Environment;

    public override IReadOnlyList<int> ExcusedExitCodes(ProgramKind program) => program == ProgramKind.Coordinator ? [] : deed switch
    {
        "kill" => [Killed],
        "hang" => [ExitCode.Hung],
        "overflow" => [Aborted],

        // Whatever else the worker does then may be what finds no memory.
        "allocate" => [Aborted, ExitCode.Unexpected],
        _ => [],
    };

    public override string Poisoned => product;

    public static Poison Of(string name, string deed, ShopCounts shop, Random random)
    {
        var generator = new ShopGenerator();
        var bad = generator.BadProducts(shop).Select(product => product.Id).ToHashSet();
        var good = generator.Products(shop.Products, shop.Bad).Select(product => product["_id"].AsObjectId.ToString())
            .Where(id => !bad.Contains(id)).ToList();
        return new Poison(name, deed, good[random.Next(good.Count)]);
    }

    /// <summary>Each time that it hangs costs half a minute, each death a second or two.</summary>
    public override ShopFile Fit(ShopFile file) => deed == "hang"
        ? file with { SliceRecords = 8, LeastSliceRecords = 8, MaxAttempts = 1, ProgressSeconds = 10 }
        : file with { SliceRecords = Math.Min(file.SliceRecords, 100), MaxAttempts = 2 };
}
