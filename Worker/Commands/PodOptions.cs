using System.CommandLine;
using System.Globalization;

namespace Migration.Worker.Commands;

/// <summary>What a program is told for its life in a pod.</summary>
public static class PodOptions
{
    public const string HttpPortVariable = "MIGRATION_HTTP_PORT";
    public const string PatienceVariable = "MIGRATION_PATIENCE";

    private const int DefaultPatience = 30;
    private const int LongestPatience = 7 * 24 * 3600;

    public static readonly Option<string?> HttpPort = new("--http-port")
    {
        Description = $"Serve /livez, /readyz, /startupz and /metrics on this port (default: ${HttpPortVariable}, else nothing)",
        HelpName = "PORT",
    };

    public static readonly Option<string?> Patience = new("--patience")
    {
        Description = $"How long to wait at the start for a server that cannot be reached (default: ${PatienceVariable}, else {DefaultPatience})",
        HelpName = "SECONDS",
    };

    /// <summary>Null for no listener.</summary>
    /// <exception cref="UserException">It is no port.</exception>
    public static int? ReadHttpPort(ParseResult parsed)
        => parsed.FindNumber(HttpPort, HttpPortVariable, 65_535, "a port");

    /// <exception cref="UserException">It is no such number.</exception>
    public static TimeSpan ReadPatience(ParseResult parsed)
        => TimeSpan.FromSeconds(parsed.FindNumber(Patience, PatienceVariable, LongestPatience, "a number of seconds") ?? DefaultPatience);

    private static int? FindNumber(this ParseResult parsed, Option<string?> option, string variable, int most, string what)
    {
        var (name, text) = parsed.GetValue(option) is { } given ? (option.Name, given) : (variable, Environment.GetEnvironmentVariable(variable));
        if (string.IsNullOrEmpty(text) && name == variable)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : throw new UserException($"{name} is '{text}'; give {what} from 1 to {most.ToString(CultureInfo.InvariantCulture)}.");
    }
}
