using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Coordinator.Inference;

/// <summary>A column type that may be proposed, with the mapping's conversion for it.</summary>
internal sealed class Candidate
{
    private static readonly List<Candidate> Made = [];

    public static readonly Candidate Bigint = new(ColumnKind.Int8);
    public static readonly Candidate Double = new(ColumnKind.Float8);
    public static readonly Candidate Numeric = new(ColumnKind.Numeric);
    public static readonly Candidate Text = new(ColumnKind.Text);
    public static readonly Candidate Boolean = new(ColumnKind.Bool);
    public static readonly Candidate Time = new(ColumnKind.TimestampTz);
    public static readonly Candidate Uuid = new(ColumnKind.Uuid);
    public static readonly Candidate Bytes = new(ColumnKind.Bytea);
    public static readonly Candidate Jsonb = new(ColumnKind.Jsonb);
    public static readonly Candidate Json = new(ColumnKind.Json);

    private readonly ColumnConversion _conversion;

    private Candidate(ColumnKind kind)
    {
        Type = new ColumnType(kind);
        _conversion = ColumnConversion.For(Type);
        Place = Made.Count;
        Made.Add(this);
    }

    public static IReadOnlyList<Candidate> All => Made;

    public ColumnType Type { get; }

    public int Place { get; }

    public bool IsJson => this == Jsonb || this == Json;

    /// <summary>What keeps a negative zero apart from zero takes it; numeric and the integers would drop its sign.</summary>
    public bool Refuses(BsonType type, ReadOnlySpan<byte> value, RowBuffer scratch)
    {
        if (this == Numeric && IsNegativeZero(type, value))
            return true;
        scratch.Clear();
        var refuses = _conversion.Write(type, value, scratch) is not null;
        scratch.Clear();
        return refuses;
    }

    private static bool IsNegativeZero(BsonType type, ReadOnlySpan<byte> value) => type switch
    {
        BsonType.Double => ScalarText.ReadDouble(value) is 0 and var zero && double.IsNegative(zero),
        BsonType.Decimal128 => ExactDecimal.Read(value, out var number) == DecimalKind.Finite && number is { IsZero: true, Negative: true },
        _ => false,
    };
}
