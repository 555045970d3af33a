using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>
/// A foreign key: added without a look at the rows, which takes a moment, then validated, which lets others read and write.
/// One that rows violate is taken away again: left as it is, it would refuse rows of a replay that come before what they
/// refer to.
/// </summary>
/// <param name="key">Of the table's primary key, to name rows by.</param>
internal sealed class ForeignKeyBuild(TableName table, IReadOnlyList<string> key, ForeignKey foreignKey)
    : Build(BuildKind.ForeignKey, table, foreignKey.Name, Describe(table, foreignKey))
{
    private const int MostSamples = 5;

    public TableName Referenced => foreignKey.Table;

    private string Constraint => TableName.Quote(foreignKey.Name);

    public override async Task<BuildOutcome> MakeAsync(
        NpgsqlConnection connection, Func<Task> begin, bool wasBegun, CancellationToken cancellationToken)
    {
        var all = await FindAsync(connection, cancellationToken);
        var same = all.Where(IsSame).ToList();
        if (same.Exists(found => found.IsValidated))
            return new(BuildState.Present);
        var unfinished = same.FirstOrDefault();
        if (unfinished is null && all.Exists(found => found.Name == foreignKey.Name))
            return new(BuildState.Failed, $"{Table} has another constraint {foreignKey.Name}, which is left as it is. Give the foreign key another name in the migration file, or drop the constraint");
        await begin();
        if (unfinished is null)
            await connection.ExecuteAsync(await AddAsync(connection, cancellationToken), cancellationToken);
        var name = unfinished?.Name ?? foreignKey.Name;
        try
        {
            await connection.ExecuteAsync($"ALTER TABLE {Table.Quoted} VALIDATE CONSTRAINT {TableName.Quote(name)}", cancellationToken);
            return new(BuildState.Built);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            // What somebody else left unvalidated is theirs to drop.
            if (unfinished is null || (wasBegun && name == foreignKey.Name))
                await connection.ExecuteAsync($"ALTER TABLE {Table.Quoted} DROP CONSTRAINT {Constraint}", cancellationToken);
            return await ViolationsAsync(connection, cancellationToken);
        }
    }

    /// <summary>A partitioned table takes none that is not validated; PostgreSQL then does both in one.</summary>
    private async Task<string> AddAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var isPartitioned = await connection.QueryAsync(
            "SELECT relkind = 'p' FROM pg_catalog.pg_class WHERE oid = $1::text::regclass", row => row.GetBoolean(0), cancellationToken, Table.Quoted);
        return $"ALTER TABLE {Table.Quoted} ADD CONSTRAINT {Constraint} FOREIGN KEY {BuildSql.List(foreignKey.Columns)} "
            + $"REFERENCES {foreignKey.Table.Quoted} {BuildSql.List(foreignKey.References)} "
            + $"ON DELETE {Sql(foreignKey.OnDelete)} ON UPDATE {Sql(foreignKey.OnUpdate)}{(isPartitioned is [true] ? "" : " NOT VALID")}";
    }

    private static Task<List<FoundConstraint>> FindAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
        => connection.QueryAsync(
            """
            SELECT k.conname, k.convalidated, k.confdeltype::text, k.confupdtype::text, n.nspname, c.relname,
                   ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (number, place)
                         JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place),
                   ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (number, place)
                         JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place)
            FROM pg_catalog.pg_constraint k
            LEFT JOIN pg_catalog.pg_class c ON c.oid = k.confrelid AND k.contype = 'f' AND k.confmatchtype = 's'
            LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE k.conrelid = $1::text::regclass
            """,
            row => new FoundConstraint(
                row.GetString(0), row.GetBoolean(1), row.GetString(2), row.GetString(3),
                row.IsDBNull(5) ? null : new TableName(row.GetString(4), row.GetString(5)),
                row.GetFieldValue<string[]>(6), row.GetFieldValue<string[]>(7)),
            cancellationToken, table);

    private Task<List<FoundConstraint>> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        => FindAsync(connection, Table.Quoted, cancellationToken);

    private bool IsSame(FoundConstraint found)
        => found.Referenced == foreignKey.Table && found.OnDelete == Letter(foreignKey.OnDelete) && found.OnUpdate == Letter(foreignKey.OnUpdate)
            && found.Columns.Zip(found.References).ToHashSet().SetEquals(foreignKey.Columns.Zip(foreignKey.References));

    private async Task<BuildOutcome> ViolationsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var violating = $"""
            FROM {Table.Quoted} t WHERE {string.Join(" AND ", foreignKey.Columns.Select(column => $"t.{TableName.Quote(column)} IS NOT NULL"))}
              AND NOT EXISTS (SELECT FROM {foreignKey.Table.Quoted} r WHERE {string.Join(
                  " AND ", foreignKey.Columns.Zip(foreignKey.References, (column, reference) => $"r.{TableName.Quote(reference)} = t.{TableName.Quote(column)}"))})
            """;
        var count = (await connection.QueryAsync($"SELECT count(*) {violating}", row => row.GetInt64(0), cancellationToken)).Single();
        var samples = await connection.QueryAsync(
            $"SELECT left({Texts(key)}, 200), left({Texts(foreignKey.Columns)}, 200) {violating} LIMIT {MostSamples}",
            row => $"{row.GetString(0)} refers to {row.GetString(1)}", cancellationToken);
        var note = $"{(count == 1 ? "1 row refers" : $"{count:N0} rows refer")} to what is not in {foreignKey.Table}, for example {string.Join("; ", samples)}. Bring what is missing in (it may be in quarantine: 'coordinator replay' tries again), or mend the rows and run it again";
        return new(BuildState.Failed, note, count > 0 ? count : null, samples);
    }

    private static string Texts(IEnumerable<string> columns)
        => $"concat_ws(', ', {string.Join(", ", columns.Select(column => $"t.{TableName.Quote(column)}::text"))})";

    private static string Describe(TableName table, ForeignKey foreignKey)
        => $"foreign key {foreignKey.Name} on {table} ({string.Join(", ", foreignKey.Columns)}) to {foreignKey.Table} ({string.Join(", ", foreignKey.References)})"
            + (foreignKey.OnDelete == ReferenceAction.NoAction ? "" : $" on delete {Sql(foreignKey.OnDelete).ToLowerInvariant()}")
            + (foreignKey.OnUpdate == ReferenceAction.NoAction ? "" : $" on update {Sql(foreignKey.OnUpdate).ToLowerInvariant()}");

    private static string Sql(ReferenceAction action) => action switch
    {
        ReferenceAction.Restrict => "RESTRICT",
        ReferenceAction.Cascade => "CASCADE",
        ReferenceAction.SetNull => "SET NULL",
        ReferenceAction.SetDefault => "SET DEFAULT",
        _ => "NO ACTION",
    };

    /// <summary>As pg_constraint writes it.</summary>
    private static string Letter(ReferenceAction action) => action switch
    {
        ReferenceAction.Restrict => "r",
        ReferenceAction.Cascade => "c",
        ReferenceAction.SetNull => "n",
        ReferenceAction.SetDefault => "d",
        _ => "a",
    };

    /// <param name="Referenced">Null for a constraint that is no foreign key of the plain kind.</param>
    private sealed record FoundConstraint(
        string Name, bool IsValidated, string OnDelete, string OnUpdate, TableName? Referenced, IReadOnlyList<string> Columns,
        IReadOnlyList<string> References);
}
