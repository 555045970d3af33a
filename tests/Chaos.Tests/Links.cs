using Migration.Chaos.Tests.Arenas;
using Migration.TestServers;

namespace Migration.Chaos.Tests;

/// <summary>A proxy on each link of one schedule's programs, and the addresses that lead the programs through them.</summary>
internal sealed class Links : IAsyncDisposable
{
    private readonly Dictionary<Link, TcpProxy> _proxies;
    private readonly Dictionary<ServerKind, Uri> _servers;

    public Links(Arena arena, Uri target)
    {
        _servers = new()
        {
            [ServerKind.Target] = target,
            [ServerKind.Broker] = arena.Broker.Uri,
            [ServerKind.Source] = arena.Source.Uri,
        };
        _proxies = Link.All.ToDictionary(link => link, link => new TcpProxy(_servers[link.Server].Host, _servers[link.Server].Port));
    }

    public TcpProxy this[Link link] => _proxies[link];

    /// <summary>Source, target and broker for a kind of program. Workers that a coordinator starts use its links.</summary>
    public Dictionary<string, string?> Environment(ProgramKind program) => new()
    {
        ["MIGRATION_TARGET"] = Address(program, ServerKind.Target),
        ["MIGRATION_BROKER"] = Address(program, ServerKind.Broker),
        ["MIGRATION_SOURCE"] = Address(program, ServerKind.Source),
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies.Values)
            await proxy.DisposeAsync();
    }

    private string Address(ProgramKind program, ServerKind server)
        => new UriBuilder(_servers[server]) { Host = "127.0.0.1", Port = _proxies[new(program, server)].Port }.Uri.AbsoluteUri;
}
