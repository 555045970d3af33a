using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// The parts of a connection URI, still percent-encoded. .NET's own <see cref="Uri"/> takes neither several hosts nor
/// says no where a password holds a reserved character; here an <c>@</c> or <c>#</c> past the hosts makes the whole
/// unreadable, because what stands before it may be a piece of a password.
/// </summary>
/// <param name="Scheme">In lower case.</param>
/// <param name="Hosts">As written, each with its port if it has one.</param>
/// <param name="Database">The path without its slash; the virtual host of a broker. Empty when there is none.</param>
internal sealed partial record ConnectionUri(
    string Scheme, string User, string Password, IReadOnlyList<string> Hosts, string Database, string Query)
{
    public const string Reserved = "@ : / ? # % in the password written as %40 %3A %2F %3F %23 %25";

    public static ConnectionUri? TryParse(string text)
    {
        var match = Shape().Match(text);
        if (!match.Success)
        {
            return null;
        }

        var hosts = match.Groups["hosts"].Value.Split(',');
        if (hosts.Length > 1 && hosts.Contains("") || !Array.TrueForAll(hosts, IsHost))
        {
            return null;
        }

        return new ConnectionUri(
            match.Groups["scheme"].Value.ToLowerInvariant(),
            match.Groups["user"].Value,
            match.Groups["password"].Value,
            hosts,
            match.Groups["database"].Value,
            match.Groups["query"].Value);
    }

    /// <summary>The scheme in lower case, of texts too that are no URI past it; null when the text does not begin with one.</summary>
    public static string? SchemeOf(string? text) =>
        text is not null && Start().Match(text) is { Success: true } match ? match.Groups["scheme"].Value.ToLowerInvariant() : null;

    private static bool IsHost(string host)
    {
        var match = Host().Match(host);
        return match.Success && (!match.Groups["port"].Success || int.Parse(match.Groups["port"].Value, null) is > 0 and <= 65535);
    }

    [GeneratedRegex(
        @"^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://((?<user>[^\s\p{C}:/?#]*?)(:(?<password>[^\s\p{C}/?#]*))?@)?(?<hosts>[^\s\p{C}@/?#]*)(/(?<database>[^\s\p{C}@/?#]*))?(\?(?<query>[^\s\p{C}@#]*))?\z",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Shape();

    [GeneratedRegex("^(?<scheme>[A-Za-z][A-Za-z0-9+.-]{0,19})://", RegexOptions.ExplicitCapture)]
    private static partial Regex Start();

    // A name or address, [IPv6], or the percent-encoded path of a Unix socket; empty stands for the default.
    [GeneratedRegex(@"^(\[[0-9A-Fa-f:.]+\]|%2[Ff][A-Za-z0-9._%-]+|[A-Za-z0-9_][A-Za-z0-9._-]*)?(:(?<port>[0-9]{1,5}))?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Host();
}
