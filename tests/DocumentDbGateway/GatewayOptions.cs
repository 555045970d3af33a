using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Migration.DocumentDbGateway;

/// <summary>What the command line says.</summary>
/// <param name="Port">Loopback port to listen on; 0 takes a free one.</param>
/// <param name="Postgres">Npgsql connection string of the engine's database.</param>
/// <param name="CursorIdle">How long a cursor may lie unused before it is gone, as <c>cursorTimeoutMillis</c> of the real server.</param>
/// <param name="MaxCursors">Cursors that may be open at a time.</param>
internal sealed record GatewayOptions(int Port, string Postgres, TimeSpan CursorIdle, int MaxCursors)
{
    /// <summary>Kept out of the arguments by the scripts, since a connection string may hold a password.</summary>
    public const string PostgresVariable = "DOCUMENTDB_POSTGRES";

    private const string Usage =
        "usage: documentdb-gateway [--port N] [--postgres CONNECTION_STRING] [--cursor-idle-seconds N] [--max-cursors N]\n" +
        $"Without --postgres the connection string is taken from the variable {PostgresVariable}.";

    public static bool TryParse(
        string[] args,
        [NotNullWhen(true)] out GatewayOptions? options,
        [NotNullWhen(false)] out string? complaint)
    {
        var postgres = Environment.GetEnvironmentVariable(PostgresVariable) ?? "";
        var parsed = new GatewayOptions(0, postgres, TimeSpan.FromMinutes(10), 200);
        complaint = null;
        for (var i = 0; i < args.Length && complaint is null; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            parsed = parsed.With(args[i], value, ref complaint);
        }

        if (complaint is null && parsed.Postgres.Length == 0)
            complaint = "No engine to talk to.\n" + Usage;
        options = complaint is null ? parsed : null;
        return complaint is null;
    }

    private GatewayOptions With(string name, string value, ref string? complaint)
    {
        var whole = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        switch (name)
        {
            case "--postgres" when value.Length > 0:
                return this with { Postgres = value };
            case "--port" when whole && number <= 65535:
                return this with { Port = number };
            case "--cursor-idle-seconds" when whole && number > 0:
                return this with { CursorIdle = TimeSpan.FromSeconds(number) };
            case "--max-cursors" when whole && number > 0:
                return this with { MaxCursors = number };
            default:
                complaint = $"'{name} {value}' is not understood.\n" + Usage;
                return this;
        }
    }
}
