using Migration.Contracts.Migrations;

namespace Migration.Worker.Targets;

/// <summary>PostgreSQL's names and numbers of the column types.</summary>
internal static class SqlTypes
{
    /// <summary>
    /// As PostgreSQL's <c>format_type</c> writes it, e.g. <c>timestamp with time zone</c>; an enum with its schema, each in
    /// quotes.
    /// </summary>
    public static string CatalogName(ColumnType type)
    {
        var modifier = type switch
        {
            { Kind: ColumnKind.Varchar or ColumnKind.Char, Length: { } length } => $"({length})",
            { Kind: ColumnKind.Numeric, Precision: { } precision } => $"({precision},{type.Scale ?? 0})",
            _ => "",
        };
        return $"{(type.Enum is null ? LongName(type.Kind) : type.Enum.Name.Quoted)}{modifier}{(type.IsArray ? "[]" : "")}";
    }

    /// <summary>
    /// The type's number in pg_type; fixed for built-in types (src/include/catalog/pg_type.dat). An enum has another in each
    /// database, so that the text's stands for it: array_recv compares only numbers that are both fixed ones, since
    /// PostgreSQL 14, and goes by the column's type otherwise.
    /// </summary>
    public static int Oid(ColumnKind kind) => kind switch
    {
        ColumnKind.Bool => 16,
        ColumnKind.Bytea => 17,
        ColumnKind.Int8 => 20,
        ColumnKind.Int2 => 21,
        ColumnKind.Int4 => 23,
        ColumnKind.Text or ColumnKind.Enum => 25,
        ColumnKind.Json => 114,
        ColumnKind.Float4 => 700,
        ColumnKind.Float8 => 701,
        ColumnKind.Cidr => 650,
        ColumnKind.Inet => 869,
        ColumnKind.Char => 1042,
        ColumnKind.Varchar => 1043,
        ColumnKind.Date => 1082,
        ColumnKind.Time => 1083,
        ColumnKind.Timestamp => 1114,
        ColumnKind.TimestampTz => 1184,
        ColumnKind.Interval => 1186,
        ColumnKind.Numeric => 1700,
        ColumnKind.Uuid => 2950,
        ColumnKind.Jsonb => 3802,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static string LongName(ColumnKind kind) => kind switch
    {
        ColumnKind.Varchar => "character varying",
        ColumnKind.Char => "character",
        ColumnKind.Time => "time without time zone",
        ColumnKind.Timestamp => "timestamp without time zone",
        ColumnKind.TimestampTz => "timestamp with time zone",
        _ => new ColumnType(kind).ToString(),
    };
}
