using System.Security.Cryptography;
using System.Text;
using Migration.Contracts.Migrations;

namespace Migration.Worker.Targets;

/// <summary>A temporary table of a connection's own, for numbered rows of a batch: all of a table's columns or some.</summary>
internal sealed class StagingTable
{
    /// <param name="table">The table that the rows are meant for, quoted.</param>
    public StagingTable(string table, IReadOnlyList<TargetColumn> columns)
    {
        Name = TableName.Quote(NameOf(table, columns));
        Ordinal = TableName.Quote(OrdinalName(columns));
        var definitions = string.Join(", ", columns.Select(Definition));
        Prepare = $"CREATE TEMPORARY TABLE IF NOT EXISTS {Name} ({Ordinal} int4, {definitions}) ON COMMIT DELETE ROWS; DELETE FROM {Name}";
        Copy = $"COPY {Name} ({Ordinal}, {string.Join(", ", columns.Select(c => TableName.Quote(c.Name)))}) FROM STDIN (FORMAT BINARY)";
    }

    /// <summary>Quoted.</summary>
    public string Name { get; }

    /// <summary>The column of each row's number, an int4; quoted, and named as none of the others.</summary>
    public string Ordinal { get; }

    /// <summary>
    /// Makes the table, once a connection, and empties it of what an earlier batch of the same transaction left. It holds
    /// no constraint.
    /// </summary>
    public string Prepare { get; }

    /// <summary>Each row begins with its number.</summary>
    public string Copy { get; }

    /// <summary>A column as it is created.</summary>
    public static string Definition(TargetColumn column) => $"{TableName.Quote(column.Name)} {column.Type}";

    private static string OrdinalName(IReadOnlyList<TargetColumn> columns)
    {
        var name = "#";
        while (columns.Any(c => c.Name == name)) name += "#";
        return name;
    }

    // One for each table and set of columns, so that collections may share a connection.
    private static string NameOf(string table, IReadOnlyList<TargetColumn> columns)
    {
        var shape = $"{table} {string.Join(", ", columns.Select(Definition))}";
        return $"migration_rows_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(shape)).AsSpan(0, 8))}";
    }
}
