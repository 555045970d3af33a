using Migration.Contracts.Migrations;

namespace Migration.Worker.Targets;

/// <summary>PostgreSQL's names and numbers of the column types.</summary>
internal static class SqlTypes
{
    /// <summary>As a migration file writes it, which PostgreSQL's DDL takes too, e.g. <c>numeric(18,2)[]</c>.</summary>
    public static string Name(ColumnType type) => Of(type, ShortName(type.Kind));

    /// <summary>As PostgreSQL's <c>format_type</c> writes it, e.g. <c>timestamp with time zone</c>.</summary>
    public static string CatalogName(ColumnType type) => Of(type, LongName(type.Kind));

    /// <summary>The type's number in pg_type; fixed for built-in types (src/include/catalog/pg_type.dat).</summary>
    public static int Oid(ColumnKind kind) => kind switch
    {
        ColumnKind.Bool => 16,
        ColumnKind.Bytea => 17,
        ColumnKind.Int8 => 20,
        ColumnKind.Int2 => 21,
        ColumnKind.Int4 => 23,
        ColumnKind.Text => 25,
        ColumnKind.Json => 114,
        ColumnKind.Float4 => 700,
        ColumnKind.Float8 => 701,
        ColumnKind.Varchar => 1043,
        ColumnKind.Date => 1082,
        ColumnKind.Timestamp => 1114,
        ColumnKind.TimestampTz => 1184,
        ColumnKind.Numeric => 1700,
        ColumnKind.Uuid => 2950,
        ColumnKind.Jsonb => 3802,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static string Of(ColumnType type, string name)
    {
        var modifier = type switch
        {
            { Kind: ColumnKind.Varchar, Length: { } length } => $"({length})",
            { Kind: ColumnKind.Numeric, Precision: { } precision } => $"({precision},{type.Scale ?? 0})",
            _ => "",
        };
        return $"{name}{modifier}{(type.IsArray ? "[]" : "")}";
    }

#pragma warning disable CA1308 // The names are PostgreSQL's own, which are lower case.
    private static string ShortName(ColumnKind kind) => kind.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    private static string LongName(ColumnKind kind) => kind switch
    {
        ColumnKind.Varchar => "character varying",
        ColumnKind.Int2 => "smallint",
        ColumnKind.Int4 => "integer",
        ColumnKind.Int8 => "bigint",
        ColumnKind.Float4 => "real",
        ColumnKind.Float8 => "double precision",
        ColumnKind.Bool => "boolean",
        ColumnKind.Timestamp => "timestamp without time zone",
        ColumnKind.TimestampTz => "timestamp with time zone",
        _ => ShortName(kind),
    };
}
