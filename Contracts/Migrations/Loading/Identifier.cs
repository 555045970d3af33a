using System.Text;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>What PostgreSQL takes as the name of a schema, table or column.</summary>
internal static class Identifier
{
    // NAMEDATALEN - 1. PostgreSQL cuts longer names silently, and two of them may then be the same.
    private const int LongestBytes = 63;

    // Every table has these already: https://www.postgresql.org/docs/current/ddl-system-columns.html
    private static readonly string[] SystemColumns = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

    /// <summary>What is wrong with a name, or null.</summary>
    public static string? Problem(string name)
    {
        if (name.Length == 0 || name.Any(char.IsControl))
        {
            return "expected a name without control characters";
        }

        var bytes = Encoding.UTF8.GetByteCount(name);
        return bytes > LongestBytes ? $"it has {bytes} bytes; expected at most {LongestBytes}, PostgreSQL's limit for names" : null;
    }

    public static string? ColumnProblem(string name) =>
        Array.IndexOf(SystemColumns, name) >= 0 ? "every PostgreSQL table has a system column of that name; expected another" : Problem(name);

    public static string? SchemaProblem(string name) => name switch
    {
        "migration" => "that schema holds the ledger; expected another",
        "information_schema" => "PostgreSQL keeps that schema for itself; expected another",
        _ when name.StartsWith("pg_", StringComparison.Ordinal) => "PostgreSQL keeps names beginning with pg_ for itself; expected another",
        _ => Problem(name),
    };
}
