using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>The runs: found, made, moved from state to state.</summary>
public sealed class RunLedger(NpgsqlDataSource target)
{
    private const string Columns = "id, name, state, file::text, file_hash, reason, created_at, started_at, finished_at";

    public async Task<RunRecord?> FindAsync(string name, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            $"SELECT {Columns} FROM migration.run WHERE name = $1", Read, cancellationToken, name)).SingleOrDefault();

    public async Task<RunRecord?> FindAsync(Guid id, CancellationToken cancellationToken)
        => (await target.QueryAsync(
            $"SELECT {Columns} FROM migration.run WHERE id = $1", Read, cancellationToken, id)).SingleOrDefault();

    /// <summary>All runs, the newest first.</summary>
    public Task<List<RunRecord>> ListAsync(CancellationToken cancellationToken)
        => target.QueryAsync(
            $"SELECT {Columns} FROM migration.run ORDER BY created_at DESC", Read, cancellationToken);

    /// <summary>Runs whose slices workers may take.</summary>
    public Task<List<RunRecord>> ListRunningAsync(CancellationToken cancellationToken)
        => target.QueryAsync(
            $"SELECT {Columns} FROM migration.run WHERE state = 'running' ORDER BY started_at", Read, cancellationToken);

    /// <param name="collections">Names of collections and their tables, in the order of the file.</param>
    /// <exception cref="LedgerException">The name is taken or is not a name.</exception>
    public async Task<RunRecord> CreateAsync(
        string name, string file, string fileHash, IReadOnlyList<(string Name, string Table)> collections,
        CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await InsertAsync(connection, id, name, file, fileHash, cancellationToken);
        for (var ordinal = 0; ordinal < collections.Count; ordinal++)
        {
            await connection.ExecuteAsync(
                "INSERT INTO migration.collection (run_id, name, ordinal, table_name) VALUES ($1, $2, $3, $4)",
                cancellationToken, id, collections[ordinal].Name, ordinal, collections[ordinal].Table);
        }

        await transaction.CommitAsync(cancellationToken);
        return (await FindAsync(id, cancellationToken))!;
    }

    /// <summary>As <see cref="CreateAsync"/>, and null when the name was taken meanwhile.</summary>
    public async Task<RunRecord?> TryCreateAsync(
        string name, string file, string fileHash, IReadOnlyList<(string Name, string Table)> collections,
        CancellationToken cancellationToken)
    {
        try
        {
            return await CreateAsync(name, file, fileHash, collections, cancellationToken);
        }
        catch (LedgerException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return null;
        }
    }

    /// <summary>Settings that may change between resumes are kept with the run, for workers read them from here.</summary>
    public Task UpdateFileAsync(Guid id, string file, string fileHash, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            "UPDATE migration.run SET file = $2::jsonb, file_hash = $3 WHERE id = $1",
            cancellationToken, id, file, fileHash);

    /// <summary>Removes the run and its plan if it is still being planned, so that no worker knows it; false otherwise.</summary>
    public async Task<bool> DiscardUnstartedAsync(Guid id, CancellationToken cancellationToken)
        => await target.ExecuteAsync(
            "DELETE FROM migration.run WHERE id = $1 AND state = 'planning' AND started_at IS NULL", cancellationToken, id) == 1;

    /// <summary>Workers may take its slices from now on.</summary>
    public Task StartAsync(Guid id, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            """
            UPDATE migration.run
            SET state = 'running', started_at = coalesce(started_at, clock_timestamp()), finished_at = NULL, reason = NULL
            WHERE id = $1
            """,
            cancellationToken, id);

    /// <summary>One that had ended already keeps the time of its end: a replay of records judges it anew.</summary>
    public Task CompleteAsync(Guid id, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            """
            UPDATE migration.run SET state = 'completed', finished_at = coalesce(finished_at, clock_timestamp()), reason = NULL
            WHERE id = $1 AND state <> 'planning'
            """,
            cancellationToken, id);

    public Task EndIncompleteAsync(Guid id, string reason, CancellationToken cancellationToken)
        => target.ExecuteAsync(
            """
            UPDATE migration.run SET state = 'incomplete', finished_at = coalesce(finished_at, clock_timestamp()), reason = $2
            WHERE id = $1 AND state <> 'planning'
            """,
            cancellationToken, id, LedgerText.Storable(reason));

    private static async Task InsertAsync(
        NpgsqlConnection connection, Guid id, string name, string file, string fileHash, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ExecuteAsync(
                "INSERT INTO migration.run (id, name, file, file_hash) VALUES ($1, $2, $3::jsonb, $4)",
                cancellationToken, id, name, file, fileHash);
        }
        catch (PostgresException e) when (e.ConstraintName == "run_name_key")
        {
            throw new LedgerException($"The ledger has a run '{name}' already. Choose another name.", e);
        }
        catch (PostgresException e) when (e.ConstraintName == "run_name_check")
        {
            throw new LedgerException($"'{name}' cannot be a run's name: {RunName.Problem(name)}.", e);
        }
    }

    private static RunRecord Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), Enum.Parse<RunState>(row.GetString(2), ignoreCase: true), row.GetString(3),
        row.GetString(4), row.Text(5), row.GetFieldValue<DateTimeOffset>(6), row.Nullable<DateTimeOffset>(7),
        row.Nullable<DateTimeOffset>(8));
}
