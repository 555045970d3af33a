using System.Globalization;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>A question to PostgreSQL: which rows of a staging table a constraint is likely to refuse.</summary>
/// <param name="Columns">Of the target table; the only ones that the question is about.</param>
/// <param name="Query">Selects the numbers of such rows; {0} stands for the staging table, {1} for its column of numbers.</param>
internal sealed record ConstraintProbe(IReadOnlyList<string> Columns, string Query)
{
    // OFFSET keeps the planner from joining: with a temporary table of unknown size it might read all of the other table.
    private const string OneByOne = "OFFSET 0";

    /// <summary>The query, of one staging table.</summary>
    public string QueryOf(StagingTable staging) => string.Format(CultureInfo.InvariantCulture, Query, staging.Name, staging.Ordinal);

    /// <summary>Null where a refusal's constraint cannot be asked about.</summary>
    /// <param name="name">Of the constraint or index; for NOT NULL, of the column.</param>
    public static async Task<ConstraintProbe?> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, TableName table, string sqlState, string name, CancellationToken cancellationToken)
    {
        var sql = sqlState switch
        {
            PostgresErrorCodes.CheckViolation => Check,
            PostgresErrorCodes.NotNullViolation => NotNull,
            PostgresErrorCodes.UniqueViolation => Unique,
            PostgresErrorCodes.ForeignKeyViolation => ForeignKey,
            _ => null,
        };
        if (sql is null) return null;
        await using var command = new NpgsqlCommand(sql, connection, transaction)
        {
            Parameters = { new() { Value = table.Quoted }, new() { Value = name } },
        };
        await using var answer = await command.ExecuteReaderAsync(cancellationToken);
        if (!await answer.ReadAsync(cancellationToken)) return null;
        var columns = answer.GetFieldValue<string[]>(0);
        var other = answer.GetString(1);
        return sqlState switch
        {
            PostgresErrorCodes.CheckViolation => Where(columns, other, "FALSE"),
            PostgresErrorCodes.NotNullViolation => Where(columns, other, "NULL"),
            PostgresErrorCodes.UniqueViolation => OfUnique(columns, other),
            _ => OfForeignKey(columns, other, answer.GetFieldValue<string[]>(2)),
        };
    }

    private const string Check = """
        SELECT ARRAY(SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)),
               pg_catalog.pg_get_expr(conbin, conrelid)
        FROM pg_catalog.pg_constraint WHERE conrelid = $1::regclass AND conname = $2 AND contype = 'c'
        """;

    // Of a generated column the expression is asked about. What that depends on is recorded of its default, in older
    // versions of the column itself.
    private const string NotNull = """
        SELECT ARRAY(SELECT attname::text FROM pg_catalog.pg_attribute
                     WHERE attrelid = $1::regclass AND (attnum = asked.attnum AND value IS NULL OR value IS NOT NULL AND attnum <> asked.attnum AND attnum IN (
                         SELECT refobjsubid FROM pg_catalog.pg_depend
                         WHERE refclassid = 'pg_catalog.pg_class'::regclass AND refobjid = $1::regclass AND refobjsubid > 0
                             AND (classid = 'pg_catalog.pg_attrdef'::regclass AND objid = asked.oid
                                 OR classid = 'pg_catalog.pg_class'::regclass AND objid = $1::regclass AND objsubid = asked.attnum)))),
               coalesce(value, pg_catalog.quote_ident(attname))
        FROM (SELECT attnum, attname, d.oid, CASE WHEN attgenerated <> '' THEN pg_catalog.pg_get_expr(adbin, adrelid) END AS value
              FROM pg_catalog.pg_attribute LEFT JOIN pg_catalog.pg_attrdef d ON adrelid = attrelid AND adnum = attnum
              WHERE attrelid = $1::regclass AND attname = $2) AS asked
        """;

    private const string Unique = """
        SELECT ARRAY(SELECT a.attname::text
                     FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k),
               i.indrelid::regclass::text
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = $1::regclass AND c.relname = $2 AND i.indisunique AND i.indexprs IS NULL AND i.indpred IS NULL
        """;

    private const string ForeignKey = """
        SELECT ARRAY(SELECT a.attname::text FROM unnest(conkey) WITH ORDINALITY AS k (number, place)
                     JOIN pg_catalog.pg_attribute a ON a.attrelid = conrelid AND a.attnum = k.number ORDER BY k.place),
               confrelid::regclass::text,
               ARRAY(SELECT a.attname::text FROM unnest(confkey) WITH ORDINALITY AS k (number, place)
                     JOIN pg_catalog.pg_attribute a ON a.attrelid = confrelid AND a.attnum = k.number ORDER BY k.place)
        FROM pg_catalog.pg_constraint
        WHERE conrelid = $1::regclass AND conname = $2 AND contype = 'f' AND pg_catalog.has_table_privilege(confrelid, 'SELECT')
        """;

    private static ConstraintProbe Where(string[] columns, string value, string outcome) =>
        new(columns, $"SELECT {{1}} FROM {{0}} WHERE ({Literal(value)}) IS {outcome}");

    // Those whose key an earlier row of the batch has, and those whose key the table has.
    private static ConstraintProbe OfUnique(string[] columns, string table)
    {
        var names = columns.Select(Quote).ToList();
        return new(
            columns,
            $"SELECT number FROM (SELECT {{1}} AS number, row_number() OVER (PARTITION BY {string.Join(", ", names)} ORDER BY {{1}}) AS nth "
            + $"FROM {{0}} WHERE {string.Join(" AND ", names.Select(name => $"{name} IS NOT NULL"))}) AS repeated WHERE nth > 1 "
            + $"UNION SELECT s.{{1}} FROM {{0}} AS s WHERE EXISTS (SELECT FROM {Literal(table)} AS t "
            + $"WHERE {string.Join(" AND ", names.Select(name => $"t.{name} = s.{name}"))} {OneByOne})");
    }

    private static ConstraintProbe OfForeignKey(string[] columns, string table, string[] referenced)
    {
        var names = columns.Select(Quote).ToList();
        var equal = names.Zip(referenced.Select(Quote), (name, other) => $"t.{other} = s.{name}");
        return new(
            columns,
            $"SELECT s.{{1}} FROM {{0}} AS s WHERE {string.Join(" AND ", names.Select(name => $"s.{name} IS NOT NULL"))} "
            + $"AND NOT EXISTS (SELECT FROM {Literal(table)} AS t WHERE {string.Join(" AND ", equal)} {OneByOne})");
    }

    private static string Quote(string column) => Literal(TableName.Quote(column));

    /// <summary>With braces as the format has them.</summary>
    private static string Literal(string sql) =>
        sql.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
}
