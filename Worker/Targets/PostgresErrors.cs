using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>
/// What an error of PostgreSQL means for a batch: a row's own fault, something that passes, configuration, or none of
/// these (a bug). No error is two of them. Decided here once, by SQLSTATE; see appendix A of PostgreSQL's manual.
/// </summary>
internal static class PostgresErrors
{
    private const string DataException = "22";
    private const string IntegrityViolation = "23";
    private const string ConnectionException = "08";
    private const string InvalidAuthorization = "28";
    private const string SyntaxErrorOrAccessRule = "42";

    private static readonly HashSet<string> RowFaults =
    [
        "44000", // with_check_option_violation: the row is outside the view's condition
        "54000", // program_limit_exceeded: a row or an index entry larger than a page takes
        "P0001", // raise_exception: a trigger refused the row
        "P0004", // assert_failure: likewise
    ];

    /// <summary>Of class 22, but the stream's fault, not a row's: every row would fail.</summary>
    private const string BadCopyFormat = "22P04";

    private static readonly HashSet<string> Configuration =
    [
        "3D000", // invalid_catalog_name: no such database
        "3F000", // invalid_schema_name
    ];

    private static readonly HashSet<string> Transient =
    [
        // read_only_sql_transaction: connected to what is a standby since a failover. Where the target is read-only for
        // good, the retries run out.
        "25006",
        "25P03", // idle_in_transaction_session_timeout: the worker was held up
        "25P04", // transaction_timeout: likewise
        "40001", // serialization_failure: tried again, it passes
        "40003", // statement_completion_unknown: the checkpoint's fence tells whether it passed
        "40P01", // deadlock_detected
        "53000", // insufficient_resources
        "53100", // disk_full: an operator makes room
        "53200", // out_of_memory
        "53300", // too_many_connections
        "55006", // object_in_use
        "55P03", // lock_not_available: lock_timeout
        "57014", // query_canceled: statement_timeout, or an operator's cancel
        "57P01", // admin_shutdown
        "57P02", // crash_shutdown
        "57P03", // cannot_connect_now: starting or recovering
        "57P05", // idle_session_timeout
        "58000", // system_error
        "58030", // io_error
    ];

    /// <summary>True when the batch would go through without the rows at fault.</summary>
    public static bool IsRowFault(PostgresException error)
    {
        var state = error.SqlState;
        var isData = IsOf(DataException, state) && state != BadCopyFormat;
        return isData || IsOf(IntegrityViolation, state) || RowFaults.Contains(state) || IsPolicyViolation(error);
    }

    /// <summary>
    /// The same as a condition in SQL, for a SQLSTATE in <paramref name="state"/>; but for a policy's refusal, of which SQL
    /// does not see enough.
    /// </summary>
    public static string IsRowFaultSql(string state) =>
        $"{state} LIKE '{DataException}%' AND {state} <> '{BadCopyFormat}' OR {state} LIKE '{IntegrityViolation}%' "
        + $"OR {state} IN ('{string.Join("', '", RowFaults)}')";

    /// <summary>
    /// True when neither another try nor other rows can mend it, but only somebody who changes the target or the migration
    /// file: a table, column or type that is not there or another, a right that is lacking, a wrong password.
    /// </summary>
    public static bool IsConfiguration(PostgresException error)
    {
        var state = error.SqlState;
        return (IsOf(SyntaxErrorOrAccessRule, state) && !IsRowFault(error))
            || IsOf(InvalidAuthorization, state) || Configuration.Contains(state);
    }

    /// <summary>True when the same batch may go through later, on this connection or another.</summary>
    public static bool IsTransient(NpgsqlException error)
    {
        // Without a SQLSTATE it is the connection: Npgsql counts broken and timed out ones as transient.
        if (error is not PostgresException refused) return error.IsTransient;
        return IsOf(ConnectionException, refused.SqlState) || Transient.Contains(refused.SqlState);
    }

    /// <summary>True when the statement was given up for the time that it took: by Npgsql, or by the server's <c>statement_timeout</c>.</summary>
    public static bool IsTimeout(Exception error) => error
        is PostgresException { SqlState: PostgresErrorCodes.QueryCanceled }
        or NpgsqlException { InnerException: TimeoutException };

    /// <summary>
    /// True when the server has no connection left for this user. Nothing is wrong with what was tried, and it passes when
    /// others leave, however long that takes.
    /// </summary>
    public static bool IsCrowded(Exception error) => error is PostgresException { SqlState: PostgresErrorCodes.TooManyConnections };

    /// <summary>
    /// A row outside a row security policy's condition has the SQLSTATE of a lacking right; PostgreSQL's function that
    /// checks rows, never translated, tells them apart (src/backend/executor/execMain.c).
    /// </summary>
    private static bool IsPolicyViolation(PostgresException error) =>
        error is { SqlState: PostgresErrorCodes.InsufficientPrivilege, Routine: "ExecWithCheckOptions" };

    private static bool IsOf(string sqlStateClass, string state) => state.StartsWith(sqlStateClass, StringComparison.Ordinal);
}
