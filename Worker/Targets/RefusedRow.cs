using Migration.Worker.Mapping;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>PostgreSQL's refusal of a row, as quarantine keeps it.</summary>
internal static class RefusedRow
{
    public static RecordRejection Describe(PostgresException error)
    {
        var constraint = string.IsNullOrEmpty(error.ConstraintName) ? "" : $" (constraint '{error.ConstraintName}')";
        var message = $"PostgreSQL refused the row: {error.MessageText}{constraint}.{Knob(error)}";
        return new RecordRejection(RecordStage.Write, error.ColumnName, error.SqlState, message);
    }

    private static string Knob(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.UniqueViolation =>
            " The target already holds a row with this key: set onConflict to skip or overwrite in the migration file, or mend the document.",
        PostgresErrorCodes.ForeignKeyViolation =>
            " Migrate the table that it refers to first, or create the foreign key after the load.",
        PostgresErrorCodes.RaiseException => " A trigger of the target table raised it.",
        _ => "",
    };
}
