namespace Migration.Worker.Targets;

/// <summary>
/// A function of the session's own, by which PostgreSQL itself inserts staged rows and finds those that it refuses: one
/// round trip for a thousand rows, whatever is wrong with them.
/// </summary>
/// <remarks>
/// <para>Each row is a statement, so that foreign keys, deferred constraints and AFTER triggers speak up at the row that
/// they are about. Rows go in order, so that of two rows with one key the first is written.</para>
/// <para>A subtransaction for each row would cost a transaction id each. So a run of rows shares one; when a row of it is
/// refused, those before it are sent again as a run, then the row is the first of the next. Only a row that is refused
/// as the first of its run is at fault. Runs grow as long as all goes well.</para>
/// </remarks>
/// <param name="staging">The temporary table, quoted.</param>
/// <param name="ordinal">Its column of ordinals, quoted.</param>
/// <param name="insert">Inserts the row of which <see cref="Value"/> names the values.</param>
internal sealed class RowByRowSql(string staging, string ordinal, string insert)
{
    // Doubling instead of adding sends twice as many rows again where one in a hundred is refused.
    private const int Step = 8;

    /// <summary>Makes the function and, for the ranges it asks for, an index, after the temporary table was filled.</summary>
    public string Prepare { get; } =
        $"CREATE INDEX IF NOT EXISTS {staging[..^1]}_by_ordinal\" ON {staging} ({ordinal}); "
        + $"CREATE OR REPLACE FUNCTION {Function}(int, int) {Returns} LANGUAGE plpgsql AS '"
        + Body(staging, ordinal, insert).Replace("'", "''", StringComparison.Ordinal) + "'";

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
    private static string Body(string staging, string ordinal, string insert) => $"""
        #variable_conflict use_column
        <<me>>
        DECLARE
            first int := $1;
            run int := {Step};
            reached int;
            taken int;
            written int := 0;
            next record;
        BEGIN
            WHILE first < $2 LOOP
                reached := first;
                taken := 0;
                BEGIN
                    FOR next IN SELECT * FROM {staging} AS staged
                        WHERE staged.{ordinal} >= me.first AND staged.{ordinal} < least(me.first + me.run, $2)
                        ORDER BY staged.{ordinal}
                    LOOP
                        reached := next.{ordinal};
                        {insert};
                        IF FOUND THEN
                            taken := taken + 1;
                        END IF;
                    END LOOP;
                    first := first + run;
                    written := written + taken;
                    run := run + {Step};
                EXCEPTION WHEN OTHERS OR assert_failure THEN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
                        column_name = COLUMN_NAME, constraint_name = CONSTRAINT_NAME;
                    IF NOT ({PostgresErrors.IsRowFaultSql("state")}) THEN
                        RAISE;
                    ELSIF reached > first THEN
                        run := reached - first;
                    ELSE
                        number := reached;
                        RETURN NEXT;
                        first := reached + 1;
                        run := {Step};
                    END IF;
                END;
            END LOOP;
            number := written;
            state := NULL;
            RETURN NEXT;
        END
        """;
}
