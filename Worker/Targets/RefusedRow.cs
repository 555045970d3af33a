using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>PostgreSQL's refusal of a row, as quarantine keeps it.</summary>
internal static class RefusedRow
{
    public static RejectedRow Of(int row, PostgresException error) =>
        Of(row, error.SqlState, error.MessageText, error.ColumnName, error.ConstraintName);

    /// <summary>Of a row in a child's table, by which its record is refused.</summary>
    public static RejectedRow OfChild(int record, CollectionMapping child, PostgresException error)
    {
        var column = string.IsNullOrEmpty(error.ColumnName) ? null : ChildTable.NameOf(child, error.ColumnName);
        var named = string.IsNullOrEmpty(error.ConstraintName) ? "" : $" (constraint '{error.ConstraintName}')";
        var knob = error.SqlState == PostgresErrorCodes.UniqueViolation
            ? " Another element has the key: choose another primaryKey for the child in the migration file, or mend the document."
            : Knob(error.SqlState);
        var rejection = new RecordRejection(
            RecordStage.Write, column, error.SqlState,
            $"PostgreSQL refused a row of the record in table {child.Table}: {error.MessageText}{named}.{knob}");
        return new RejectedRow(record, rejection, error.ConstraintName);
    }

    /// <param name="column">Null or empty where PostgreSQL names none, and so the constraint.</param>
    public static RejectedRow Of(int row, string sqlState, string message, string? column, string? constraint)
    {
        var named = string.IsNullOrEmpty(constraint) ? "" : $" (constraint '{constraint}')";
        var rejection = new RecordRejection(
            RecordStage.Write, string.IsNullOrEmpty(column) ? null : column, sqlState,
            $"PostgreSQL refused the row: {message}{named}.{Knob(sqlState)}");
        return new RejectedRow(row, rejection, string.IsNullOrEmpty(constraint) ? null : constraint);
    }

    private static string Knob(string sqlState) => sqlState switch
    {
        PostgresErrorCodes.UniqueViolation =>
            " The target already holds a row with this key: set onConflict to skip or overwrite in the migration file, or mend the document.",
        PostgresErrorCodes.ForeignKeyViolation =>
            " Migrate the table that it refers to first, or create the foreign key after the load.",
        PostgresErrorCodes.RaiseException => " A trigger of the target table raised it.",
        _ => "",
    };
}
