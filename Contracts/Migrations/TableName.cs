namespace Migration.Contracts.Migrations;

/// <summary>A table's schema and name, unquoted.</summary>
public sealed record TableName(string Schema, string Name)
{
    /// <summary>Both parts quoted, ready for SQL.</summary>
    public string Quoted => $"{Quote(Schema)}.{Quote(Name)}";

    public override string ToString() => $"{Schema}.{Name}";

    /// <summary>An identifier in double quotes, its own quotes doubled.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
