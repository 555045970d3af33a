using System.Data.Common;
using System.Text.RegularExpressions;
using Npgsql;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>Builds and checks Npgsql's connection strings.</summary>
internal static partial class NpgsqlText
{
    /// <summary>libpq's parameters (https://www.postgresql.org/docs/current/libpq-connect.html) by Npgsql's keywords.</summary>
    private static readonly Dictionary<string, string> LibpqOptions = new(StringComparer.OrdinalIgnoreCase)
    {
        ["host"] = "Host",
        ["port"] = "Port",
        ["user"] = "Username",
        ["password"] = "Password",
        ["dbname"] = "Database",
        ["passfile"] = "Passfile",
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["client_encoding"] = "Client Encoding",
        ["options"] = "Options",
        ["sslmode"] = "SSL Mode",
        ["sslnegotiation"] = "SSL Negotiation",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["sslrootcert"] = "Root Certificate",
        ["channel_binding"] = "Channel Binding",
        ["gssencmode"] = "GSS Encryption Mode",
        ["krbsrvname"] = "Kerberos Service Name",
        ["require_auth"] = "Require Auth",
        ["target_session_attrs"] = "Target Session Attributes",
        ["load_balance_hosts"] = "Load Balance Hosts",
        ["keepalives"] = "TCP Keepalive",
        ["keepalives_idle"] = "TCP Keepalive Time",
        ["keepalives_interval"] = "TCP Keepalive Interval",
    };

    private static readonly string[] CommonKeywords =
    [
        "Host", "Port", "Username", "Password", "Database", "SSL Mode", "Timeout", "Command Timeout", "Application Name",
        "Maximum Pool Size", "Minimum Pool Size", "Keepalive", "Search Path", "Options", "Root Certificate", "Pooling",
    ];

    public static string FromUri(ConnectionUri uri)
    {
        if (uri.Scheme is not ("postgres" or "postgresql"))
        {
            throw new ConnectionTextException("the scheme is not PostgreSQL's; expected postgres:// or postgresql://");
        }

        var builder = new NpgsqlConnectionStringBuilder();
        SetHosts(builder, uri.Hosts);
        SetIfGiven(builder, "Username", uri.User);
        SetIfGiven(builder, "Password", uri.Password);
        SetIfGiven(builder, "Database", uri.Database);
        SetOptions(builder, uri.Query);
        return WithHost(builder).ConnectionString;
    }

    /// <summary>The text itself, after checking each of its options.</summary>
    public static string FromPairs(string text)
    {
        if (ConnectionUri.SchemeOf(text) is not null || TryParsePairs(text) is not { Count: > 0 } pairs)
        {
            throw new ConnectionTextException(
                "it can be read neither as a URI nor as options; expected postgres://user:password@host:port/database "
                + $"({ConnectionUri.Reserved}) or Host=...;Username=...;Password=...;Database=...");
        }

        var builder = new NpgsqlConnectionStringBuilder();
        foreach (string key in pairs.Keys)
        {
            Set(builder, key, key, pairs[key].ToString()!, CommonKeywords);
        }

        WithHost(builder);
        return text;
    }

    public static DbConnectionStringBuilder? TryParsePairs(string text)
    {
        try
        {
            return new DbConnectionStringBuilder { ConnectionString = text };
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    // Npgsql takes one host with a port of its own, or a list in which each host carries its port.
    private static void SetHosts(NpgsqlConnectionStringBuilder builder, IReadOnlyList<string> hosts)
    {
        if (hosts.Count > 1)
        {
            builder.Host = string.Join(',', hosts.Select(Decoded));
            return;
        }

        var colon = hosts[0].LastIndexOf(':');
        var hasPort = colon >= 0 && !hosts[0].EndsWith(']');
        var host = hasPort ? hosts[0][..colon] : hosts[0];
        SetIfGiven(builder, "Host", host.Trim('[', ']'));
        SetIfGiven(builder, "Port", hasPort ? hosts[0][(colon + 1)..] : "");
    }

    private static void SetIfGiven(NpgsqlConnectionStringBuilder builder, string keyword, string value)
    {
        if (value.Length > 0)
        {
            Set(builder, keyword, keyword, Decoded(value), CommonKeywords);
        }
    }

    private static void SetOptions(NpgsqlConnectionStringBuilder builder, string query)
    {
        foreach (var option in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1)
            {
                throw new ConnectionTextException("an option has no value; expected ?option=value&option=value");
            }

            var name = Decoded(option[..equals]);
            var keyword = LibpqOptions.GetValueOrDefault(name, name);
            Set(builder, keyword, name, Adapted(keyword, Decoded(option[(equals + 1)..])), LibpqOptions.Keys);
        }
    }

    // libpq's words where Npgsql has others for the same.
    private static string Adapted(string keyword, string value) => (keyword, value) switch
    {
        ("SSL Mode", "verify-ca") => "VerifyCA",
        ("SSL Mode", "verify-full") => "VerifyFull",
        ("Load Balance Hosts", "random") => "true",
        ("Load Balance Hosts", "disable") => "false",
        ("TCP Keepalive", "1") => "true",
        ("TCP Keepalive", "0") => "false",
        ("Require Auth", _) => value.Replace("scram-sha-256", "ScramSHA256", StringComparison.OrdinalIgnoreCase),
        _ => value,
    };

    // The exceptions of Npgsql repeat values, so none of them is passed on, not even as the inner one. A name is shown
    // only where it is near a known one: of a badly quoted password, any piece may look like a name.
    private static void Set(
        NpgsqlConnectionStringBuilder builder, string keyword, string name, string value, IReadOnlyCollection<string> known)
    {
        var isKnown = IsKnown(builder, keyword);
        try
        {
            builder[keyword] = value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException or KeyNotFoundException)
        {
            throw new ConnectionTextException(isKnown ? $"the value of the option {name} is not one that Npgsql takes" : Unknown(name, known));
        }
    }

    private static bool IsKnown(NpgsqlConnectionStringBuilder builder, string keyword) => builder.ContainsKey(keyword);

    private static string Unknown(string name, IReadOnlyCollection<string> known) => NearestWord.Of(name, known) is { } nearest
        ? $"an option is not known; did you mean {nearest}?"
        : $"an option is not known to Npgsql or libpq (a password with ; or & in it needs quotes or percent-encoding); known: {string.Join(", ", known)}";

    private static NpgsqlConnectionStringBuilder WithHost(NpgsqlConnectionStringBuilder builder) =>
        string.IsNullOrEmpty(builder.Host) ? throw new ConnectionTextException("it names no host; expected one, such as localhost") : builder;

    private static string Decoded(string text) => BadPercent().IsMatch(text)
        ? throw new ConnectionTextException("a % is not followed by two hexadecimal digits; expected %25 for the % itself")
        : Uri.UnescapeDataString(text);

    [GeneratedRegex("%(?![0-9A-Fa-f]{2})")]
    private static partial Regex BadPercent();
}
