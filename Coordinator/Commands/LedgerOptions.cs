using System.CommandLine;
using Migration.Contracts.Migrations;
using Migration.Worker;
using Migration.Worker.Commands;
using Npgsql;

namespace Migration.Coordinator.Commands;

/// <summary>Where the ledger is, for the commands that only look: the target alone, or a migration file's.</summary>
internal static class LedgerOptions
{
    public static readonly Option<string?> Target = Connections.Target;

    public static readonly Option<string?> File = new("--file")
    {
        Description = "The ledger is in the target of this migration file",
        HelpName = "FILE",
    };

    /// <exception cref="UserException">Neither is given, or the target's text is not a connection.</exception>
    public static NpgsqlDataSource Open(ParseResult parsed)
    {
        try
        {
            return NpgsqlDataSource.Create(ConnectionText.ToNpgsql(Uri(parsed)));
        }
        catch (ConnectionTextException e)
        {
            throw new UserException($"{Target.Name} (or {Connections.TargetVariable}): {e.Message}", e);
        }
    }

    private static string Uri(ParseResult parsed)
    {
        if (parsed.GetValue(File) is { } path)
        {
            return parsed.GetResult(Target) is { Implicit: false }
                ? throw new UserException($"Say {Target.Name} or {File.Name}, not both.")
                : MigrationFileLoader.Load(path, Environment.GetEnvironmentVariable).Target.Uri;
        }

        return parsed.Find(Target, Connections.TargetVariable)
            ?? throw new UserException(
                $"Say where the ledger is: {Target.Name} URI, {File.Name} FILE, or the environment variable {Connections.TargetVariable}.");
    }
}
