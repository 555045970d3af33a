namespace Migration.Worker.Targets;

/// <summary>
/// A function of the session's own, by which PostgreSQL itself inserts staged rows and finds those that it refuses: one
/// round trip for a thousand rows, whatever is wrong with them.
/// </summary>
/// <remarks>
/// <para>A run of rows is one statement in a subtransaction. When it is refused, the same run goes with a statement for
/// each row, so that foreign keys, deferred constraints and AFTER triggers speak up at the row that they are about. The
/// rows before that one are then a run, and it is the first of the next: only a row that is refused as the first of its
/// run is at fault. Runs grow as long as all goes well.</para>
/// <para>Rows go in order, so that of two rows with one key the first is written. No subtransaction is a single row's but
/// for those at fault, for each takes a transaction id.</para>
/// </remarks>
/// <param name="staging">The temporary table, quoted.</param>
/// <param name="ordinal">Its column of ordinals, quoted.</param>
/// <param name="insertRun">Inserts the rows whose ordinal is <see cref="InRun"/>.</param>
/// <param name="insertRow">Inserts the row of which <see cref="Value"/> names the values.</param>
internal sealed class RowByRowSql(string staging, string ordinal, string insertRun, string insertRow)
{
    /// <summary>The condition that a statement for a run has on the ordinal.</summary>
    public const string InRun = "BETWEEN me.first AND least(me.first + me.run, $2) - 1";

    // Where one row in a hundred is refused, adding 16 or doubling takes half as long again.
    private const int Step = 8;

    /// <summary>Makes the function and, for the ranges it asks for, an index, after the temporary table was filled.</summary>
    public string Prepare { get; } =
        $"CREATE INDEX IF NOT EXISTS {staging[..^1]}_by_ordinal\" ON {staging} ({ordinal}); "
        + $"CREATE OR REPLACE FUNCTION {Function}(int, int) {Returns} LANGUAGE plpgsql AS '"
        + Body(staging, ordinal, insertRun, insertRow).Replace("'", "''", StringComparison.Ordinal) + "'";

    /// <summary>
    /// Parameters: the first ordinal and the one after the last. A row for each that was refused, in order, and one more
    /// whose ordinal is the number of rows that were inserted, and all else null.
    /// </summary>
    public string Call { get; } = $"SELECT * FROM {Function}($1, $2)";

    private const string Function = "pg_temp.migration_row_by_row";

    private const string Returns = "RETURNS TABLE (number int, state text, message text, column_name text, constraint_name text)";

    /// <summary>How the statement names a column's value.</summary>
    public static string Value(string column) => $"next.{column}";

    // Columns may be named as the variables are: in statements on tables the column is meant, and variables have the
    // block's name before theirs.
    private static string Body(string staging, string ordinal, string insertRun, string insertRow) => $"""
        #variable_conflict use_column
        <<me>>
        DECLARE
            first int := $1;
            run int := {Step};
            by_row boolean := false;
            reached int;
            taken int;
            written int := 0;
            next record;
        BEGIN
            WHILE first < $2 LOOP
                reached := first;
                taken := 0;
                BEGIN
                    IF by_row THEN
                        FOR next IN SELECT * FROM {staging} WHERE {ordinal} {InRun} ORDER BY {ordinal} LOOP
                            reached := next.{ordinal};
                            {insertRow};
                            taken := taken + FOUND::int;
                        END LOOP;
                    ELSE
                        {insertRun};
                        GET DIAGNOSTICS taken = ROW_COUNT;
                    END IF;
                    first := first + run;
                    written := written + taken;
                    run := run + {Step};
                    by_row := false;
                EXCEPTION WHEN OTHERS OR assert_failure THEN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
                        column_name = COLUMN_NAME, constraint_name = CONSTRAINT_NAME;
                    IF NOT ({PostgresErrors.IsRowFaultSql("state")}) THEN
                        RAISE;
                    ELSIF run > 1 AND NOT by_row THEN
                        by_row := true;
                    ELSIF reached > first THEN
                        run := reached - first;
                        by_row := false;
                    ELSE
                        number := first;
                        RETURN NEXT;
                        first := first + 1;
                        run := 1;
                        by_row := false;
                    END IF;
                END;
            END LOOP;
            number := written;
            state := NULL;
            RETURN NEXT;
        END
        """;
}
