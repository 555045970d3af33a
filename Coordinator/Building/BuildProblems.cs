using Migration.Contracts.Migrations;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>What would fail after the load, as far as can be told before it. Only looks; needs a transaction.</summary>
internal sealed class BuildProblems(NpgsqlConnection connection, MigrationFile file)
{
    /// <returns>A sentence each.</returns>
    public async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var tables = file.Collections.SelectMany(WantedTable.Of).Select(wanted => wanted.Mapping).ToList();
        foreach (var table in tables.Where(table => table.AfterLoad is not null))
        {
            var isThere = await IsThereAsync(table.Table, cancellationToken);
            if (isThere && MakesAnything(table.AfterLoad!) && !await MayAlterAsync(table.Table, cancellationToken))
            {
                problems.Add($"table {table.Table}: user '{connection.UserName}' does not own it, and may not give it indexes and constraints. "
                    + $"Run as its owner, or grant the owner's role: GRANT owner TO \"{connection.UserName}\".");
            }

            foreach (var index in table.AfterLoad!.Indexes)
                problems.AddRange(await OfIndexAsync(table, index, isThere, cancellationToken));
            foreach (var key in table.AfterLoad.ForeignKeys.Where(key => tables.TrueForAll(other => other.Table != key.Table)))
                problems.AddRange(await OfReferenceAsync(table, key, cancellationToken));
        }

        return problems;
    }

    private static bool MakesAnything(AfterLoad wanted) => wanted.Indexes.Count + wanted.ForeignKeys.Count > 0;

    private async Task<IReadOnlyList<string>> OfIndexAsync(
        CollectionMapping table, TableIndex index, bool isThere, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var holder = await connection.QueryAsync(
            """
            SELECT coalesce(i.indrelid, c.oid)::regclass::text FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
            WHERE n.nspname = $1 AND c.relname = $2 AND coalesce(i.indrelid, 0) IS DISTINCT FROM
                (SELECT t.oid FROM pg_catalog.pg_class t WHERE t.relnamespace = n.oid AND t.relname = $3)
            """,
            row => row.GetString(0), cancellationToken, table.Table.Schema, index.Name, table.Table.Name);
        if (holder is [var other])
            problems.Add($"index {index.Name} of {table.Table}: the name is taken already, at {other}. Give the index another name.");
        else if (isThere && await NamesakeAsync(table, index, cancellationToken) is { } namesake)
            problems.Add($"index {index.Name} of {table.Table}: the table has another one of that name, {namesake}. Give the index another name, or drop that one.");
        if (index.Where is { } where && await RefusalAsync(table, where, isThere, cancellationToken) is { } refusal)
            problems.Add($"index {index.Name} of {table.Table}: its condition cannot be used: {refusal}.");
        return problems;
    }

    /// <summary>An index of the same name that is another one, as far as can be told without making the wanted one.</summary>
    private async Task<string?> NamesakeAsync(CollectionMapping table, TableIndex index, CancellationToken cancellationToken)
    {
        var found = await connection.QueryAsync(
            """
            SELECT m.amname, i.indisunique, i.indpred IS NOT NULL, pg_catalog.pg_get_indexdef(i.indexrelid),
                   ARRAY(SELECT coalesce(a.attname::text, '') FROM unnest(i.indkey) WITH ORDINALITY u (number, place)
                         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.number ORDER BY u.place)
            FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = c.relam
            WHERE i.indrelid = $1::text::regclass AND c.relname = $2
            """,
            row => (Method: row.GetString(0), IsUnique: row.GetBoolean(1), IsPartial: row.GetBoolean(2), Text: row.GetString(3), Columns: row.GetFieldValue<string[]>(4)),
            cancellationToken, table.Table.Quoted, index.Name);
        return found
            .Where(there => (there.Method, there.IsUnique, there.IsPartial) != (index.Method, index.IsUnique, index.Where is not null)
                || !there.Columns.SequenceEqual(index.Columns.Select(column => column.Name)))
            .Select(there => there.Text).FirstOrDefault();
    }

    /// <summary>The condition is planned on the table, or on columns of the names and types that the table will have.</summary>
    private async Task<string?> RefusalAsync(CollectionMapping table, string where, bool isThere, CancellationToken cancellationToken)
    {
        var columns = table.Columns.Select(column => $"NULL::{SqlTypes.CatalogName(column.Type)} AS {TableName.Quote(column.Name)}");
        var rows = isThere ? table.Table.Quoted : $"(SELECT {string.Join(", ", columns)}) AS {TableName.Quote(table.Table.Name)}";
        return await RefusalAsync($"EXPLAIN SELECT FROM {rows} WHERE ({where}\n)", cancellationToken);
    }

    private async Task<IReadOnlyList<string>> OfReferenceAsync(CollectionMapping table, ForeignKey key, CancellationToken cancellationToken)
    {
        var what = $"foreign key {key.Name} of {table.Table}";
        if (!await IsThereAsync(key.Table, cancellationToken))
            return [$"{what}: there is no table {key.Table}. Make it first, or name a collection of the file."];
        var columns = await connection.QueryAsync(
            """
            SELECT attname, has_column_privilege(attrelid, attnum, 'REFERENCES') FROM pg_catalog.pg_attribute
            WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """,
            row => (Name: row.GetString(0), MayRefer: row.GetBoolean(1)), cancellationToken, key.Table.Quoted);
        if (key.References.Where(name => !columns.Exists(column => column.Name == name)).ToList() is { Count: > 0 } missing)
            return [$"{what}: table {key.Table} has no column {string.Join(", ", missing)}; it has {string.Join(", ", columns.Select(column => column.Name))}."];
        if (columns.Exists(column => key.References.Contains(column.Name) && !column.MayRefer))
            return [$"{what}: user '{connection.UserName}' may not refer to {key.Table}. Grant it: GRANT REFERENCES ON {key.Table.Quoted} TO \"{connection.UserName}\"."];
        return await IsUniqueAsync(key, cancellationToken)
            ? [] : [$"{what}: nothing makes ({string.Join(", ", key.References)}) of {key.Table} unique. Give the table a unique constraint, or refer to other columns."];
    }

    private async Task<bool> IsUniqueAsync(ForeignKey key, CancellationToken cancellationToken)
        => (await connection.QueryAsync(
            """
            SELECT ARRAY(SELECT a.attname::text FROM unnest(i.indkey) u (number)
                         JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.number)
            FROM pg_catalog.pg_index i
            WHERE i.indrelid = $1::text::regclass AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
              AND i.indnkeyatts = i.indnatts
            """,
            row => row.GetFieldValue<string[]>(0), cancellationToken, key.Table.Quoted)).Exists(unique => unique.ToHashSet().SetEquals(key.References));

    private async Task<bool> IsThereAsync(TableName table, CancellationToken cancellationToken)
        => (await connection.QueryAsync(
            """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p'))
            """,
            row => row.GetBoolean(0), cancellationToken, table.Schema, table.Name))[0];

    private async Task<bool> MayAlterAsync(TableName table, CancellationToken cancellationToken)
        => (await connection.QueryAsync(
            """
            SELECT pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = $2
            """,
            row => row.GetBoolean(0), cancellationToken, table.Schema, table.Name))[0];

    private async Task<string?> RefusalAsync(string sql, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync("SAVEPOINT build_problem", cancellationToken);
        try
        {
            await connection.QueryAsync(sql, row => row.GetString(0), cancellationToken);
            return null;
        }
        catch (PostgresException e) when (PostgresErrors.IsConfiguration(e) || PostgresErrors.IsRowFault(e))
        {
            await connection.ExecuteAsync("ROLLBACK TO SAVEPOINT build_problem", cancellationToken);
            return e.MessageText;
        }
    }
}
