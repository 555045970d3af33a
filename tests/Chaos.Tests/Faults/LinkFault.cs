namespace Migration.Chaos.Tests.Faults;

internal enum LinkDeed
{
    /// <summary>Every connection is reset.</summary>
    Cut,

    /// <summary>Every piece of data takes longer, until a tenth of the records more are done.</summary>
    Delay,

    /// <summary>Nothing more is carried on the connections that are there, and nobody is told.</summary>
    HalfOpen,
}

/// <summary>Something happens to what lies between programs and servers.</summary>
internal sealed class LinkFault(string name, LinkDeed deed, IReadOnlyList<Link> links, Moment moment)
    : OutsideFault(name, $"{deed.ToString().ToLowerInvariant()} {(links.Count == 1 ? links[0] : "every link")}", moment)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    protected override async Task HappenAsync(Theatre theatre, CancellationToken cancellation)
    {
        var done = await theatre.RecordsDoneAsync(cancellation);
        foreach (var proxy in links.Select(link => theatre.Links[link]))
        {
            switch (deed)
            {
                case LinkDeed.Cut:
                    proxy.Cut();
                    break;
                case LinkDeed.Delay:
                    proxy.Delay = Pause;
                    break;
                default:
                    proxy.LeaveHalfOpen();
                    break;
            }
        }

        LetGo(theatre);
        if (deed != LinkDeed.Delay)
            return;
        await theatre.UntilAsync(
            "a tenth of the records more are done",
            async () => await theatre.RecordsDoneAsync(cancellation) >= done + (theatre.Shop.Records / 10), cancellation);
        foreach (var link in links)
            theatre.Links[link].Delay = TimeSpan.Zero;
    }
}
