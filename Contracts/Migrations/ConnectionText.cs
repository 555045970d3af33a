using System.Data.Common;
using System.Text.RegularExpressions;
using Migration.Contracts.Migrations.Loading;

namespace Migration.Contracts.Migrations;

/// <summary>What may be shown of a connection text, and its translation for Npgsql.</summary>
public static partial class ConnectionText
{
    /// <summary>What <see cref="Describe"/> answers where it cannot tell a secret from the rest.</summary>
    public const string Unreadable = "(unreadable connection text)";

    private static readonly string[] Schemes = ["mongodb", "mongodb+srv", "postgres", "postgresql", "amqp", "amqps"];

    /// <summary>
    /// <c>scheme://user@host:port/database</c>, without password and options; the path of a dump as it is;
    /// <see cref="Unreadable"/> for anything else. Never throws.
    /// </summary>
    public static string Describe(string? text) => text switch
    {
        null => Unreadable,
        _ when ConnectionUri.TryParse(text) is { } uri => DescribeUri(uri),
        _ when text.Contains("://", StringComparison.Ordinal) && !text.Contains('=') => Unreadable,
        _ when IsShownPath(text) => text,
        _ => DescribePairs(text) ?? Unreadable,
    };

    /// <summary>
    /// A connection string for Npgsql: <c>postgres://</c> and <c>postgresql://</c> URIs are translated, libpq's option
    /// names included; the <c>Host=...;Username=...</c> form is checked and comes back as it is.
    /// </summary>
    /// <exception cref="ConnectionTextException">The text is neither, or an option is unknown or has a bad value.</exception>
    public static string ToNpgsql(string text) =>
        ConnectionUri.TryParse(text) is { } uri ? NpgsqlText.FromUri(uri) : NpgsqlText.FromPairs(text);

    /// <summary>False for texts that cannot be a dump's path, such as a mistyped URI.</summary>
    internal static bool MayBePath(string text) =>
        !text.Contains('@') && !text.Contains("://", StringComparison.Ordinal) && !text.Any(char.IsControl)
        && (!text.Contains(':') || Drive().IsMatch(text));

    // Only what is plainly a path is shown: a bare word may as well be a password in the wrong variable.
    private static bool IsShownPath(string text) => MayBePath(text) && PlainPath().IsMatch(text);

    private static string DescribeUri(ConnectionUri uri)
    {
        if (!Schemes.Contains(uri.Scheme))
        {
            return Unreadable;
        }

        var user = uri.User.Length == 0 ? "" : uri.User + "@";
        var database = uri.Database.Length == 0 ? "" : "/" + uri.Database;
        return $"{uri.Scheme}://{user}{string.Join(',', uri.Hosts)}{database}";
    }

    private static string? DescribePairs(string text)
    {
        if (NpgsqlText.TryParsePairs(text) is not { } pairs)
        {
            return null;
        }

        var hosts = Value(pairs, "Host", "Server") ?? "";
        var port = Value(pairs, "Port") is { } number && !hosts.Contains(':') ? ":" + number : "";
        var user = Value(pairs, "Username", "User Name", "UserId", "User Id", "UID") is { } name ? Uri.EscapeDataString(name) + "@" : "";
        var database = Value(pairs, "Database", "DB") is { } db ? "/" + Uri.EscapeDataString(db) : "";

        // Built and read back, so that a value in the wrong place is refused by the same rules as a URI's.
        var host = hosts.StartsWith('/') ? Uri.EscapeDataString(hosts) : hosts;
        var described = $"postgresql://{user}{host}{port}{database}";
        return host.Length > 0 && ConnectionUri.TryParse(described) is not null ? described : null;
    }

    private static string? Value(DbConnectionStringBuilder pairs, params string[] names) =>
        names.Select(name => pairs.TryGetValue(name, out var value) ? value.ToString() : null).FirstOrDefault(v => !string.IsNullOrEmpty(v));

    [GeneratedRegex(@"^[A-Za-z]:[\\/][^:]*\z")]
    private static partial Regex Drive();

    [GeneratedRegex(@"^(/|\.{1,2}/|[A-Za-z]:[\\/]).*\z|^[^=;]*\.(bson|json|ndjson|bson\.gz|json\.gz)\z", RegexOptions.Singleline)]
    private static partial Regex PlainPath();
}
