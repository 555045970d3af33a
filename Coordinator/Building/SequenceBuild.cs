using System.Globalization;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Coordinator.Building;

/// <summary>
/// The sequence of a serial or identity column, set so that its next value is past every one that was loaded. It is never
/// set back.
/// </summary>
/// <param name="sequence">Quoted, with its schema.</param>
internal sealed class SequenceBuild(TableName table, string column, string sequence)
    : Build(BuildKind.Sequence, table, column, $"sequence {sequence} past the values of {table}.{column}")
{
    public override async Task<BuildOutcome> MakeAsync(
        NpgsqlConnection connection, Func<Task> begin, bool wasBegun, CancellationToken cancellationToken)
    {
        await begin();
        if (!await MayBeSetAsync(connection, cancellationToken))
            return new(BuildState.Skipped, $"user '{connection.UserName}' may not set it: GRANT SELECT, UPDATE ON SEQUENCE {sequence} TO \"{connection.UserName}\"");
        var set = await connection.QueryAsync(
            $"""
            WITH way AS (SELECT seqincrement < 0 AS is_down FROM pg_catalog.pg_sequence WHERE seqrelid = $1::text::regclass),
                 loaded AS (SELECT CASE WHEN is_down THEN least_one ELSE greatest_one END::bigint AS value, is_down
                            FROM way, (SELECT min({TableName.Quote(Id.Name)}) AS least_one, max({TableName.Quote(Id.Name)}) AS greatest_one FROM {Table.Quoted}) t)
            SELECT setval($1::text::regclass, l.value) FROM loaded l, {sequence} s
            WHERE l.value IS NOT NULL AND (l.value = s.last_value AND NOT s.is_called OR CASE WHEN l.is_down THEN l.value < s.last_value ELSE l.value > s.last_value END)
            """,
            row => row.GetInt64(0), cancellationToken, sequence);
        return new(BuildState.Built, set is [var value] ? string.Create(CultureInfo.InvariantCulture, $"set to {value}") : "is past them already");
    }

    private async Task<bool> MayBeSetAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        => await connection.QueryAsync(
            "SELECT has_sequence_privilege($1, 'SELECT') AND has_sequence_privilege($1, 'UPDATE')", row => row.GetBoolean(0), cancellationToken, sequence) is [true];

    /// <summary>The sequences of the columns that a run fills: their own, and those that their defaults ask.</summary>
    public static async Task<IReadOnlyList<(string Column, string Sequence)>> FindAsync(
        NpgsqlConnection connection, BuildTable table, CancellationToken cancellationToken)
        => await connection.QueryAsync(
            """
            SELECT DISTINCT ON (a.attname) a.attname, format('%I.%I', n.nspname, s.relname)
            FROM pg_catalog.pg_attribute a
            JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
            JOIN pg_catalog.pg_depend d ON
                d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
                    AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
                OR d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass
            JOIN pg_catalog.pg_class s ON s.relkind = 'S' AND s.oid = CASE WHEN d.classid = 'pg_catalog.pg_class'::regclass THEN d.objid ELSE d.refobjid END
            JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace
            WHERE cn.nspname = $1 AND c.relname = $2 AND a.attname = ANY ($3) AND NOT a.attisdropped
            ORDER BY a.attname, s.oid
            """,
            row => (row.GetString(0), row.GetString(1)), cancellationToken, table.Name.Schema, table.Name.Name, table.Columns.ToArray());
}
