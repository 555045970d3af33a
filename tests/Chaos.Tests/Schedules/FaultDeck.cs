using Migration.Chaos.Tests.Faults;
using Migration.SampleShop;
using Migration.Worker;

namespace Migration.Chaos.Tests.Schedules;

/// <summary>
/// Every kind of fault. The first ones of a schedule are dealt from the deck in turn, so that any
/// <see cref="SchedulesForAll"/> seeds in a row have all kinds; the others are drawn at random.
/// </summary>
internal static class FaultDeck
{
    private const int Dealt = 2;
    private const int MostDrawn = 2;

    private static readonly string[] WorkerPoints =
    [
        ProtocolPoint.SliceClaimed, ProtocolPoint.BeforeRead, ProtocolPoint.BeforeMap, ProtocolPoint.BatchWritten,
        ProtocolPoint.BatchCommitted, ProtocolPoint.BeforeEvent, ProtocolPoint.BeforeAcknowledge,
    ];

    private static readonly string[] CoordinatorPoints =
    [
        ProtocolPoint.CollectionWalked, ProtocolPoint.CollectionPlanned, ProtocolPoint.MessagesConfirmed, ProtocolPoint.BeforeVerdict,
    ];

    private static readonly List<Func<string, Random, ShopCounts, Fault>> Cards = [.. All()];

    public static int Count => Cards.Count;

    public static int SchedulesForAll => (Count + Dealt - 1) / Dealt;

    public static IReadOnlyList<Fault> Deal(int seed, Random random, ShopCounts shop)
    {
        var faults = new List<Fault>();
        for (var i = 0; i < Dealt; i++)
            faults.Add(Cards[(int)(((Math.Abs((long)seed) * Dealt) + i) % Count)]($"f{i}", random, shop));
        for (var drawn = random.Next(MostDrawn + 1); drawn > 0; drawn--)
            faults.Add(Cards[random.Next(Count)]($"f{faults.Count}", random, shop));
        return faults;
    }

    // Kinds that take long stand apart from each other, and what takes longest comes first.
    private static IEnumerable<Func<string, Random, ShopCounts, Fault>> All()
    {
        yield return (name, random, _) => new CoordinatorKilled(name, new Moment(Share(random, 0.1, 0.9)));
        yield return (name, random, _) => new Outage(name, ServerKind.Broker, true, Sometime(random));
        yield return (name, random, shop) => Poison.Of(name, "hang", shop, random);
        foreach (var point in WorkerPoints)
            yield return (name, random, _) => new SelfFault(name, ProgramKind.Worker, point, Passage(random, point), "kill");
        yield return (name, random, _) => new QueueFault(name, QueueDeed.Purge, random.Next(), Early(random));
        foreach (var point in CoordinatorPoints)
            yield return (name, random, _) => new SelfFault(name, ProgramKind.Coordinator, point, CoordinatorPassage(random, point), "kill");
        yield return (name, random, _) => new Outage(name, ServerKind.Target, false, Sometime(random));
        yield return (name, random, _) => Terminated(name, random, ProgramKind.Worker);
        yield return (name, random, _) => Terminated(name, random, ProgramKind.Coordinator);
        yield return (name, random, _) => new QueueFault(name, QueueDeed.Duplicate, random.Next(), Early(random));
        yield return (name, random, _) => new Outage(name, ServerKind.Broker, false, Sometime(random));
        yield return (name, random, _) => new Deadlock(name, Early(random));
        yield return (name, random, _) => new Outage(name, ServerKind.Source, false, Sometime(random));
        yield return (name, random, _) => new ConnectionsEnded(name, Sometime(random));
        yield return (name, random, _) => new LinkFault(name, LinkDeed.HalfOpen, SomeLinks(random), Sometime(random));
        yield return (name, random, _) => new QueueFault(name, QueueDeed.Reverse, random.Next(), Early(random));
        yield return (name, random, _) => new LinkFault(name, LinkDeed.Cut, SomeLinks(random), Sometime(random));
        yield return (name, random, _) => new LinkFault(name, LinkDeed.Delay, SomeLinks(random), Sometime(random));
        yield return (name, random, _) => new StatementTimeout(
            name, random.Next(2) == 0 ? "shop.products" : "migration.slice", Early(random));
        yield return (name, random, _) => new Outage(name, ServerKind.Target, true, Sometime(random));
        yield return (name, random, _) => new FullDisk(name, Early(random));
        yield return (name, random, _) => new QueueFault(name, QueueDeed.Delete, random.Next(), Early(random));
        yield return (name, random, _) => Paused(name, random);
        foreach (var deed in new[] { "kill", "overflow", "allocate", "throw" })
            yield return (name, random, shop) => Poison.Of(name, deed, shop, random);
        yield return (name, random, _) => new ClockJump(name, TimeSpan.FromMinutes(random.Next(2, 90)), Sometime(random));
        yield return (name, random, _) => new ClockJump(name, -TimeSpan.FromMinutes(random.Next(2, 90)), Sometime(random));
    }

    private static SelfFault Terminated(string name, Random random, ProgramKind program)
    {
        var points = program == ProgramKind.Worker ? WorkerPoints : CoordinatorPoints;
        var point = points[random.Next(points.Length)];
        return new SelfFault(
            name, program, point, program == ProgramKind.Worker ? Passage(random, point) : CoordinatorPassage(random, point), "term");
    }

    private static Zombie Paused(string name, Random random)
    {
        var point = WorkerPoints[random.Next(WorkerPoints.Length)];
        return new Zombie(name, point, Passage(random, point));
    }

    /// <summary>Before the run is half over, so that there is something left to be disturbed.</summary>
    private static Moment Early(Random random) => new(Share(random, 0.02, 0.4));

    /// <summary>At some share of the records, or at a point of the protocol.</summary>
    private static Moment Sometime(Random random)
    {
        var share = Share(random, 0.02, 0.8);
        var point = random.Next(2 * WorkerPoints.Length);
        return point < WorkerPoints.Length
            ? new Moment(0, ProgramKind.Worker, WorkerPoints[point], Passage(random, WorkerPoints[point]))
            : new Moment(share);
    }

    private static IReadOnlyList<Link> SomeLinks(Random random)
        => random.Next(Link.All.Count + 2) is var i && i < Link.All.Count ? [Link.All[i]] : Link.All;

    private static double Share(Random random, double least, double most) => least + ((most - least) * random.NextDouble());

    private static int Passage(Random random, string point) => 1 + random.Next(point == ProtocolPoint.BeforeMap ? 300 : 6);

    private static int CoordinatorPassage(Random random, string point)
        => point == ProtocolPoint.BeforeVerdict ? 1 : 1 + random.Next(3);
}
