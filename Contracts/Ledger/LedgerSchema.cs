using System.Reflection;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>
/// Creates and upgrades schema <c>migration</c> from the numbered SQL files, each once and in a transaction of its own.
/// </summary>
public static class LedgerSchema
{
    // Any number will do as long as every version of the program uses the same.
    private const long UpgradeLock = 0x4D49_4752_4C45_4447;

    // Looked up here, for to_regnamespace and IF NOT EXISTS ask for rights that somebody who only looks may lack.
    private const string SchemaExists = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'migration')";

    /// <summary>That this program makes.</summary>
    internal static int Version => Scripts().Count;

    /// <summary>Whether there is a ledger; creates nothing and needs no right on it.</summary>
    public static async Task<bool> ExistsAsync(NpgsqlDataSource target, CancellationToken cancellationToken)
        => await target.ScalarAsync<bool>(
            """
            SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname = 'migration' AND c.relname = 'run')
            """,
            cancellationToken);

    /// <exception cref="LedgerException">The user may not create the schema, or the ledger was made by a newer version.</exception>
    public static async Task EnsureAsync(NpgsqlDataSource target, CancellationToken cancellationToken)
    {
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        try
        {
            await UpgradeAsync(connection, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new LedgerException(await DescribeRefusalAsync(connection, e, cancellationToken), e);
        }
    }

    /// <summary>What is missing depends on whether somebody has made the schema already.</summary>
    private static async Task<string> DescribeRefusalAsync(
        NpgsqlConnection connection, PostgresException refusal, CancellationToken cancellationToken)
    {
        var schemaExists = await connection.ScalarAsync<bool>(SchemaExists, cancellationToken);
        var (what, grant) = schemaExists
            ? ("use", "USAGE, CREATE ON SCHEMA migration")
            : ("create", $"CREATE ON DATABASE \"{connection.Database}\"");
        return $"User '{connection.UserName}' may not {what} schema 'migration' in database '{connection.Database}', "
            + $"where the ledger lives: {refusal.MessageText}. Grant it: GRANT {grant} TO \"{connection.UserName}\"."
            + (schemaExists ? " If another user made the ledger's tables, run as that user or grant theirs as well." : "");
    }

    private static async Task UpgradeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Two programs that start together must not both create; the lock goes with the transaction.
        await connection.ExecuteAsync("SELECT pg_advisory_xact_lock($1)", cancellationToken, UpgradeLock);
        var version = await CurrentVersionAsync(connection, cancellationToken);
        var scripts = Scripts();
        if (version > scripts.Count)
        {
            throw new LedgerException(
                $"The ledger in database '{connection.Database}' has version {version}; this program knows versions up to "
                + $"{scripts.Count}. Use the program's version that made it, or a newer one.");
        }

        for (var next = version + 1; next <= scripts.Count; next++)
        {
            await connection.ExecuteAsync(scripts[next - 1], cancellationToken);
            await connection.ExecuteAsync(
                "INSERT INTO migration.ledger_version (version) VALUES ($1)", cancellationToken, next);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<int> CurrentVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // CREATE SCHEMA IF NOT EXISTS asks for the right to create even where there is nothing to do: where the
        // database's owner has made the schema for us, we need none.
        if (!await connection.ScalarAsync<bool>(SchemaExists, cancellationToken))
            await connection.ExecuteAsync("CREATE SCHEMA migration", cancellationToken);
        if (!await connection.ScalarAsync<bool>(
            "SELECT to_regclass('migration.ledger_version') IS NOT NULL", cancellationToken))
        {
            await connection.ExecuteAsync(
                """
                CREATE TABLE migration.ledger_version (
                    version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT clock_timestamp());
                """,
                cancellationToken);
        }

        return await connection.ScalarAsync<int>(
            "SELECT coalesce(max(version), 0) FROM migration.ledger_version", cancellationToken);
    }

    private static List<string> Scripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return reader.ReadToEnd();
            })];
    }
}
