using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Tracking;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>
/// An index, or a unique constraint with its index. Built in the plain way, which keeps writers out but reads the table
/// once and leaves nothing behind when it is interrupted: nobody but the run writes to the table yet.
/// </summary>
internal sealed class IndexBuild(TableName table, TableIndex index)
    : Build(BuildKind.Index, table, index.Name, Describe(table, index))
{
    private const int MostSamples = 5;

    private string Quoted => new TableName(Table.Schema, index.Name).Quoted;

    public override async Task<BuildOutcome> MakeAsync(
        NpgsqlConnection connection, Func<Task> begin, bool wasBegun, CancellationToken cancellationToken)
    {
        var there = await new IndexFinder(connection, Table).FindAsync(CreateOn, index.Name, cancellationToken);
        if (there.Same.Any(same => same.IsValid && (!index.IsConstraint || same.IsConstraint)))
            return new(BuildState.Present);
        var own = there.Same.FirstOrDefault(same => same.Name == index.Name);
        if (own is null && there.NameIsTaken)
            return new(BuildState.Failed, $"something else has the name {index.Name} in schema {Table.Schema}, and is left as it is. Give the index another name in the migration file, or drop what has it");
        await begin();
        if (own is { IsValid: false })
            await DropInvalidAsync(connection, cancellationToken);
        try
        {
            if (own is not { IsValid: true })
                await connection.ExecuteAsync(CreateOn(Table.Quoted, TableName.Quote(index.Name)), cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation && index.IsUnique)
        {
            return await DuplicatesAsync(connection, cancellationToken);
        }

        if (index.IsConstraint)
            await connection.ExecuteAsync($"ALTER TABLE {Table.Quoted} ADD CONSTRAINT {TableName.Quote(index.Name)} UNIQUE USING INDEX {TableName.Quote(index.Name)}", cancellationToken);
        return new(BuildState.Built);
    }

    private string CreateOn(string tableName, string name)
    {
        var columns = index.Columns.Select(column => TableName.Quote(column.Name)
            + (column.Operators is { } operators ? " " + string.Join('.', operators.Split('.').Select(TableName.Quote)) : "")
            + (column.IsDescending ? " DESC" : ""));

        // The line end is for a condition that ends in a comment.
        return $"CREATE {(index.IsUnique ? "UNIQUE " : "")}INDEX {name} ON {tableName} USING {index.Method} ({string.Join(", ", columns)})"
            + (index.Where is { } where ? $" WHERE ({where}\n)" : "");
    }

    /// <summary>
    /// What an interrupted CREATE INDEX CONCURRENTLY left. The lock waits for one that is under way; what is valid by then
    /// stays.
    /// </summary>
    private async Task DropInvalidAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync($"LOCK TABLE {Table.Quoted} IN SHARE UPDATE EXCLUSIVE MODE", cancellationToken);
        var isInvalid = await connection.QueryAsync(
            "SELECT NOT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = $1::text::regclass", row => row.GetBoolean(0), cancellationToken, Quoted);
        if (isInvalid is [true])
            await connection.ExecuteAsync($"DROP INDEX {Quoted}", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task<BuildOutcome> DuplicatesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var columns = index.Columns.Select(column => TableName.Quote(column.Name)).ToList();
        var conditions = columns.Select(column => $"{column} IS NOT NULL").Append(index.Where is { } where ? $"({where}\n)" : "true");
        var (rows, keys, samples) = (await connection.QueryAsync(
            $"""
            WITH repeated AS (
                SELECT {string.Join(", ", columns)}, count(*) AS number FROM {Table.Quoted}
                WHERE {string.Join(" AND ", conditions)} GROUP BY {string.Join(", ", columns)} HAVING count(*) > 1)
            SELECT coalesce((SELECT sum(number)::bigint FROM repeated), 0), (SELECT count(*) FROM repeated),
                   ARRAY(SELECT left(concat_ws(', ', {string.Join(", ", columns.Select(column => column + "::text"))}), 200) FROM repeated ORDER BY number DESC LIMIT {MostSamples})
            """,
            row => (row.GetInt64(0), row.GetInt64(1), row.GetFieldValue<string[]>(2)), cancellationToken)).Single();
        var note = $"{rows:N0} rows share {CountsText.Of(keys, "key")} of ({string.Join(", ", index.Columns.Select(column => column.Name))}), for example {string.Join("; ", samples)}. Mend the rows, or the index in the migration file, and run it again";
        return new(BuildState.Failed, note, rows > 0 ? rows : null, samples);
    }

    private static string Describe(TableName table, TableIndex index)
        => $"{(index.IsConstraint ? "unique constraint" : index.IsUnique ? "unique index" : "index")} {index.Name} on {table} "
            + (index.Method == "btree" ? "" : index.Method + " ")
            + $"({string.Join(", ", index.Columns.Select(column => column.Name + (column.Operators is { } o ? " " + o : "") + (column.IsDescending ? " desc" : "")))})"
            + (index.Where is { } where ? $" where {where}" : "");
}
