namespace Migration.Chaos.Tests.Faults;

/// <summary>A server goes away, in order or as in a crash, and comes back with what it had.</summary>
internal sealed class Outage(string name, ServerKind server, bool inOrder, Moment moment)
    : OutsideFault(name, $"{(inOrder ? "stop" : "crash")} {server.Word()}", moment)
{
    protected override async Task HappenAsync(Theatre theatre, CancellationToken cancellation)
    {
        var victim = server switch
        {
            ServerKind.Target => theatre.Arena.Target,
            ServerKind.Broker => theatre.Arena.Broker,
            _ => theatre.Arena.Source,
        };
        await theatre.Arena.Switch.WaitAsync(cancellation);
        try
        {
            await (inOrder ? victim.StopAsync(cancellation) : victim.KillAsync(cancellation));
            LetGo(theatre);
            await victim.StartAgainAsync(cancellation);
        }
        finally
        {
            theatre.Arena.Switch.Release();
        }

        // The test's own connections that ended with it.
        theatre.Bed.Target.Clear();
    }
}
