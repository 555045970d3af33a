using Migration.Contracts.Migrations;

namespace Migration.Worker.Targets;

/// <summary>The statements for one table, built once from its mapping.</summary>
internal sealed class TableSql
{
    /// <summary>Parameters: the first ordinal and the one after the last.</summary>
    private const string InRange = "BETWEEN $1 AND $2 - 1";

    public TableSql(CollectionMapping mapping)
    {
        var columns = TargetColumn.Of(mapping);
        var names = columns.Select(c => TableName.Quote(c.Name)).ToList();
        var key = mapping.PrimaryKey.Select(TableName.Quote).ToList();
        var list = string.Join(", ", names);
        var table = mapping.Table.Quoted;
        var rowsOfBatch = new StagingTable(table, columns);
        var (staging, ordinal) = (rowsOfBatch.Name, rowsOfBatch.Ordinal);

        CreateTable = Create(table, columns, key);
        Copy = $"COPY {table} ({list}) FROM STDIN (FORMAT BINARY)";
        Staging = rowsOfBatch;
        Traits = TraitsOf(mapping.Table);
        Merge = Insert(Rows(InRange));
        RowByRow = new RowByRowSql(
            staging, ordinal, Insert(Rows(RowByRowSql.InRun)), Insert($"VALUES ({string.Join(", ", names.Select(RowByRowSql.Value))})"));

        string Insert(string rows) =>
            $"INSERT INTO {table} ({list}) OVERRIDING SYSTEM VALUE {rows}{OnConflict(mapping.OnConflict, key, names)}";

        string Rows(string range) => mapping.OnConflict == ConflictAction.Overwrite
            ? Latest(staging, ordinal, range, list, key)
            : $"SELECT {list} FROM {staging} WHERE {ordinal} {range} ORDER BY {ordinal}";
    }

    public string CreateTable { get; }

    /// <summary>Straight into the table.</summary>
    public string Copy { get; }

    /// <summary>The temporary table, of which only the merge meets the table's constraints.</summary>
    public StagingTable Staging { get; }

    /// <summary>
    /// Two booleans. The first: whether a trigger before INSERT, of the table or a partition, may drop rows without an
    /// error. COPY's count of rows does not reach us through Npgsql's raw stream, so that rows then go by way of the
    /// temporary table, where the merge tells the count. The second: whether <see cref="RowByRow"/> can stand in for COPY:
    /// the user may make temporary tables and functions, and no rule, which COPY goes past, rewrites an INSERT.
    /// </summary>
    public string Traits { get; }

    /// <summary>From the temporary table into the table, a range of ordinals at a time.</summary>
    public string Merge { get; }

    /// <summary>The same, with every row that the table refuses left out.</summary>
    public RowByRowSql RowByRow { get; }

    private static string Create(string table, IReadOnlyList<TargetColumn> columns, List<string> key)
    {
        var definitions = columns.Select(c => $"{StagingTable.Definition(c)}{(c.NotNull ? " NOT NULL" : "")}");
        return $"CREATE TABLE {table} ({string.Join(", ", definitions)}, PRIMARY KEY ({string.Join(", ", key)}))";
    }

    /// <summary>
    /// tgtype: 1 for each row, 2 before, 4 on insert (src/include/catalog/pg_trigger.h). A partition may have triggers of
    /// its own, at any depth; of a table that is not partitioned pg_partition_tree tells nothing, not even itself.
    /// </summary>
    private static string TraitsOf(TableName table)
    {
        var oid = $"'{table.Quoted.Replace("'", "''", StringComparison.Ordinal)}'::regclass";
        return "SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgtype & 7 = 7 AND tgenabled <> 'D' "
            + $"AND (tgrelid = {oid} OR tgrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree({oid})))), "
            + "pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY') "
            + "AND EXISTS (SELECT FROM pg_catalog.pg_language WHERE lanname = 'plpgsql' AND pg_catalog.has_language_privilege(oid, 'USAGE')) "
            + $"AND NOT (SELECT relhasrules FROM pg_catalog.pg_class WHERE oid = {oid})";
    }

    /// <summary>One statement may touch a row only once: of rows with one key the last wins.</summary>
    private static string Latest(string staging, string ordinal, string range, string list, List<string> key)
    {
        var keys = string.Join(", ", key);
        return $"SELECT DISTINCT ON ({keys}) {list} FROM {staging} WHERE {ordinal} {range} ORDER BY {keys}, {ordinal} DESC";
    }

    private static string OnConflict(ConflictAction action, List<string> key, List<string> names)
    {
        if (action == ConflictAction.Fail) return "";
        var updates = action == ConflictAction.Skip ? [] : names.Except(key).Select(n => $"{n} = EXCLUDED.{n}").ToList();
        return $" ON CONFLICT ({string.Join(", ", key)}) DO "
            + (updates.Count == 0 ? "NOTHING" : $"UPDATE SET {string.Join(", ", updates)}");
    }
}
