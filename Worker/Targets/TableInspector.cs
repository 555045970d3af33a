using Migration.Contracts.Migrations;
using Npgsql;
using NpgsqlTypes;

namespace Migration.Worker.Targets;

/// <summary>Reads what a table is from pg_catalog.</summary>
internal sealed class TableInspector(NpgsqlConnection connection)
{
    /// <summary>Null when there is no relation of this name.</summary>
    public async Task<FoundTable?> FindAsync(TableName table, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT c.oid, c.relkind,
                   array_remove(ARRAY[
                       CASE WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'SELECT' END,
                       CASE WHEN NOT has_table_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
                       CASE WHEN NOT has_table_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
                       CASE WHEN NOT has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END], NULL)
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relname = $2
            """;
        await using var command = Command(Sql, table.Schema, table.Name);
        uint oid;
        char kind;
        string[] missing;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken)) return null;
            oid = reader.GetFieldValue<uint>(0);
            kind = reader.GetChar(1);
            missing = reader.GetFieldValue<string[]>(2);
        }

        var columns = await ColumnsAsync(oid, cancellationToken);
        var (key, immediate) = await KeyAsync(oid, cancellationToken);
        return new FoundTable(kind, missing, columns, key, immediate);
    }

    public async Task<bool> HasSchemaAsync(string schema, CancellationToken cancellationToken)
    {
        await using var command = Command("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)", schema);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public async Task<bool> HasRowsAsync(TableName table, CancellationToken cancellationToken)
    {
        await using var command = Command($"SELECT EXISTS (SELECT FROM {table.Quoted})");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private async Task<IReadOnlyList<FoundColumn>> ColumnsAsync(uint oid, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT attname, pg_catalog.format_type(atttypid, atttypmod), attnotnull,
                   atthasdef OR attidentity <> '', attgenerated <> ''
            FROM pg_catalog.pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """;
        var columns = new List<FoundColumn>();
        await using var command = Command(Sql, oid);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            columns.Add(new FoundColumn(
                reader.GetString(0), reader.GetString(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetBoolean(4)));
        }

        return columns;
    }

    private async Task<(IReadOnlyList<string> Columns, bool Immediate)> KeyAsync(uint oid, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT a.attname, i.indimmediate
            FROM pg_catalog.pg_index i
            CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (attnum, place)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE i.indrelid = $1 AND i.indisprimary ORDER BY k.place
            """;
        var (columns, immediate) = (new List<string>(), true);
        await using var command = Command(Sql, oid);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            columns.Add(reader.GetString(0));
            immediate = reader.GetBoolean(1);
        }

        return (columns, immediate);
    }

    private NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(Parameter(value));
        return command;
    }

    private static NpgsqlParameter Parameter(object value) =>
        value is uint ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlDbType.Oid } : new NpgsqlParameter { Value = value };
}

/// <param name="Kind">pg_class.relkind: r a table, p a partitioned one, others take no COPY.</param>
/// <param name="MissingRights">Of SELECT, INSERT, UPDATE and DELETE.</param>
/// <param name="Key">The primary key's columns; empty without one.</param>
/// <param name="KeyIsImmediate">False for a deferrable primary key.</param>
internal sealed record FoundTable(
    char Kind, IReadOnlyList<string> MissingRights, IReadOnlyList<FoundColumn> Columns, IReadOnlyList<string> Key, bool KeyIsImmediate);

/// <param name="Type">As format_type writes it.</param>
internal sealed record FoundColumn(string Name, string Type, bool NotNull, bool HasDefault, bool IsGenerated);
