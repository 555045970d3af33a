using System.Net;
using System.Net.Sockets;

namespace Migration.Worker.Enrichment.Rehosting;

/// <summary>
/// Keeps links, which are untrusted, from leading into the worker's own network. A host's addresses are looked at after
/// they were resolved and the connection goes to the very address that was looked at, so that no second answer of a name
/// server gets past; each redirect makes a new connection and comes here again.
/// </summary>
internal sealed class AddressGuard
{
    // Special-purpose addresses of the IANA's registries (RFC 6890 and its successors): what is not globally reachable, and
    // multicast. IPv4 inside IPv6 is looked at as IPv4.
    private static readonly IPNetwork[] Closed =
    [
        .. "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
            .Split(' ').Select(IPNetwork.Parse),
    ];

    /// <summary>The only part of IPv6 that is given out for the world, less what is not meant for it.</summary>
    private static readonly IPNetwork Global = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] ClosedGlobal = [.. "2001::/23 2001:db8::/32 2002::/16 3fff::/20".Split(' ').Select(IPNetwork.Parse)];

    private readonly HashSet<string> _hosts;
    private readonly List<IPNetwork> _networks;

    /// <param name="allowed">Hosts, addresses and networks that are open all the same.</param>
    public AddressGuard(IReadOnlyList<string> allowed)
    {
        _networks = [.. allowed.Select(NetworkOf).OfType<IPNetwork>()];
        _hosts = allowed.Where(text => NetworkOf(text) is null).ToHashSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Opens a connection to an address of the host that may be used.</summary>
    /// <exception cref="ForbiddenAddressException">The host has none.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        var open = addresses.Where(address => IsOpen(host, address)).ToArray();
        if (open.Length == 0)
            throw new ForbiddenAddressException(host, addresses.FirstOrDefault());
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(open, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public bool IsOpen(string host, IPAddress address)
    {
        var plain = Plain(address);
        return _hosts.Contains(host) || _networks.Exists(network => network.Contains(plain)) || IsPublic(plain);
    }

    private static bool IsPublic(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? !Array.Exists(Closed, network => network.Contains(address))
        : Global.Contains(address) && !Array.Exists(ClosedGlobal, network => network.Contains(address));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPNetwork? NetworkOf(string text)
    {
        if (IPNetwork.TryParse(text, out var network)) return network;
        return IPAddress.TryParse(text, out var address) ? new IPNetwork(Plain(address), Plain(address).AddressFamily == AddressFamily.InterNetwork ? 32 : 128) : null;
    }
}
