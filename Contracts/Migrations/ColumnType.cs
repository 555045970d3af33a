namespace Migration.Contracts.Migrations;

/// <summary>A PostgreSQL type that the mapping can write.</summary>
/// <param name="Length">varchar's or char's length; null for none.</param>
/// <param name="Precision">numeric's precision; null for unconstrained.</param>
/// <param name="Scale">numeric's scale; null with a null precision, else 0 where the file gives none.</param>
/// <param name="IsArray">True for a one-dimensional array of the type.</param>
public sealed partial record ColumnType(
    ColumnKind Kind, int? Length = null, int? Precision = null, int? Scale = null, bool IsArray = false)
{
    /// <summary>Which type it is, and its labels, where the kind is <see cref="ColumnKind.Enum"/>; else null.</summary>
    public EnumType? Enum { get; init; }
}

public enum ColumnKind
{
    Text, Varchar, Int2, Int4, Int8, Numeric, Float4, Float8, Bool, Uuid, Date, Timestamp, TimestampTz, Bytea, Json, Jsonb,
    Char, Time, Interval, Inet, Cidr, Enum,
}
