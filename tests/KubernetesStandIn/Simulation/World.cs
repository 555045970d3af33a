using Microsoft.Extensions.Time.Testing;
using Migration.KubernetesStandIn.Controllers;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Simulation;

/// <summary>What all parts of the cluster share. Everything in it is touched under <see cref="Gate"/> only.</summary>
internal sealed class World
{
    public World(FakeTimeProvider clock, int seed)
    {
        Clock = clock;
        Dice = new Dice(seed);
        Time = new ClusterTime(clock, Gate);
        Writer = new ObjectWriter(Store, Time, Dice);
        Events = new EventRecorder(this);
    }

    public Lock Gate { get; } = new();

    public FakeTimeProvider Clock { get; }

    public ClusterTime Time { get; }

    public Dice Dice { get; }

    public ObjectStore Store { get; } = new();

    public ObjectWriter Writer { get; }

    public EventRecorder Events { get; }

    public DateTimeOffset Now => Time.Now;
}
