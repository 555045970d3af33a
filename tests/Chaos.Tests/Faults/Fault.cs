using Migration.ChaosHook;

namespace Migration.Chaos.Tests.Faults;

/// <summary>Something that goes wrong in a schedule: once, or with poison each time.</summary>
/// <param name="name">Of its order's marks; unique in the schedule.</param>
/// <param name="what">What the schedule's line says.</param>
internal abstract class Fault(string name, string what)
{
    /// <summary>128 and the number of SIGKILL.</summary>
    protected const int Killed = 137;

    protected string Name => name;

    /// <summary>What the hooked processes shall do; null where nothing happens inside of them.</summary>
    public virtual ChaosOrder? Order => null;

    /// <summary>The run has this many workers at least.</summary>
    public virtual int LeastWorkers => 1;

    /// <summary>A product that must end in quarantine because of it; null for none.</summary>
    public virtual string? Poisoned => null;

    /// <summary>What the migration file must say for it to be over in reasonable time.</summary>
    public virtual ShopFile Fit(ShopFile file) => file;

    /// <summary>How it may make a program end before the run is over.</summary>
    public virtual IReadOnlyList<int> ExcusedExitCodes(ProgramKind program) => [];

    /// <summary>What the programs are given in their environment.</summary>
    public virtual IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>();

    /// <summary>Before any program starts.</summary>
    public virtual Task PrepareAsync(Theatre theatre, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Asked again and again while the run goes on. What processes carry out by themselves is never ready.</summary>
    public virtual Task<bool> IsReadyAsync(Theatre theatre, CancellationToken cancellation) => Task.FromResult(false);

    /// <summary>Once, when it is ready. Returns when what was taken away is there again.</summary>
    public virtual Task StrikeAsync(Theatre theatre, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>
    /// The run is over, and it did not strike. A process that gets to its point now, say with a late copy of a message,
    /// must not stand still there. Called again and again until all processes have ended.
    /// </summary>
    public virtual void End(Theatre theatre)
    {
    }

    /// <summary>Whether it happened. The run may have been over before.</summary>
    public virtual bool HasStruck(Theatre theatre) => Order is { } order && theatre.Marks.Met(order) > 0;

    public override string ToString() => what;
}
