namespace Migration.Chaos.Tests.Faults;

/// <summary>The target's clock, by which leases are counted, jumps and stays wrong until the run is over.</summary>
internal sealed class ClockJump(string name, TimeSpan ahead, Moment moment)
    : OutsideFault(name, FormattableString.Invariant($"clock of target jumps by {ahead.TotalMinutes:+0;-0} min"), moment)
{
    private static readonly TimeSpan Near = TimeSpan.FromSeconds(30);

    protected override async Task HappenAsync(Theatre theatre, CancellationToken cancellation)
    {
        await theatre.Arena.Target.SetClockAsync(ahead, cancellation);
        LetGo(theatre);
        await theatre.UntilAsync(
            "the target's clock has jumped",
            async () => (await theatre.AskAsync<DateTime>("SELECT clock_timestamp()", cancellation) - DateTime.UtcNow - ahead).Duration() < Near,
            cancellation);
    }
}
