using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>
/// Finds indexes of a table that are what a statement would make. PostgreSQL writes an index's condition and operators in
/// its own way, so the statement is carried out on an empty table of the same columns, and taken back: what is alike in
/// the catalog is the same.
/// </summary>
internal sealed class IndexFinder(NpgsqlConnection connection, TableName table)
{
    /// <param name="statement">The statement, of a quoted table and a quoted name.</param>
    /// <exception cref="PostgresException">The statement makes no index.</exception>
    public async Task<FoundIndexes> FindAsync(Func<string, string, string> statement, string name, CancellationToken cancellationToken)
    {
        var word = $"migration_probe_{Guid.NewGuid():N}";
        var probe = table with { Name = word };
        var probeIndex = table with { Name = word + "_i" };
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync($"CREATE TABLE {probe.Quoted} (LIKE {table.Quoted})", cancellationToken);
        await connection.ExecuteAsync(statement(probe.Quoted, TableName.Quote(probeIndex.Name)), cancellationToken);
        var same = await connection.QueryAsync(
            """
            WITH seen AS (
                SELECT i.indexrelid, i.indrelid, i.indisvalid, c.relname,
                       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('u', 'p')) AS is_constraint,
                       concat_ws('|', m.amname, i.indisunique, i.indnkeyatts, i.indnatts, i.indclass::text, i.indoption::text, i.indcollation::text,
                           coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false'),
                           ARRAY(SELECT pg_catalog.pg_get_indexdef(i.indexrelid, n, true) FROM generate_series(1, i.indnatts::int) n)::text,
                           pg_catalog.pg_get_expr(i.indpred, i.indrelid)) AS description
                FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = c.relam
                WHERE i.indrelid = $1::text::regclass OR i.indexrelid = $2::text::regclass)
            SELECT there.relname, there.indisvalid, there.is_constraint
            FROM seen there JOIN seen wanted ON wanted.description = there.description AND wanted.indexrelid = $2::text::regclass
            WHERE there.indrelid = $1::text::regclass
            """,
            row => new FoundIndex(row.GetString(0), row.GetBoolean(1), row.GetBoolean(2)), cancellationToken, table.Quoted, probeIndex.Quoted);
        var isTaken = await connection.QueryAsync(
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname = $1 AND c.relname = $2)
            """,
            row => row.GetBoolean(0), cancellationToken, table.Schema, name);
        await transaction.RollbackAsync(cancellationToken);
        return new FoundIndexes(same, isTaken[0]);
    }
}

/// <param name="Same">Of the table, that are what is wanted, by whatever name.</param>
/// <param name="NameIsTaken">By anything in the schema, these included.</param>
internal sealed record FoundIndexes(IReadOnlyList<FoundIndex> Same, bool NameIsTaken);

/// <param name="IsConstraint">It belongs to a unique or primary key constraint.</param>
internal sealed record FoundIndex(string Name, bool IsValid, bool IsConstraint);
