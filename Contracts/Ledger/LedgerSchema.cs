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

    /// <summary>Whether there is a ledger; creates nothing.</summary>
    public static async Task<bool> ExistsAsync(NpgsqlDataSource target, CancellationToken cancellationToken)
        => await target.ScalarAsync<bool>("SELECT to_regclass('migration.run') IS NOT NULL", cancellationToken);

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
            throw new LedgerException(
                $"User '{connection.UserName}' may not create schema 'migration' in database '{connection.Database}', "
                + "where the ledger lives: " + e.MessageText
                + $". Grant it: GRANT CREATE ON DATABASE \"{connection.Database}\" TO \"{connection.UserName}\".",
                e);
        }
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
        // CREATE SCHEMA IF NOT EXISTS asks for the right to create even where there is nothing to do.
        if (!await connection.ScalarAsync<bool>(
            "SELECT to_regclass('migration.ledger_version') IS NOT NULL", cancellationToken))
        {
            await connection.ExecuteAsync(
                """
                CREATE SCHEMA IF NOT EXISTS migration;
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
