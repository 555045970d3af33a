using System.Globalization;
using System.Numerics;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Unfit;

/// <summary>Numbers to what a column of numbers holds: its scale by rounding or cutting, then its range by clamping.</summary>
internal sealed class UnfitNumber(ColumnType type, IReadOnlyList<UnfitChoice> choices)
{
    private readonly bool _rounds = choices.Contains(UnfitChoice.Round);
    private readonly bool _truncates = choices.Contains(UnfitChoice.Truncate);
    private readonly bool _clamps = choices.Contains(UnfitChoice.Clamp);

    public ColumnValue Mend(ColumnValue value)
    {
        if (!Read(value, out var number, out var infinity)) return value;
        // Floats have infinities of their own.
        if (type.Kind is ColumnKind.Float4 or ColumnKind.Float8) return infinity == 0 ? MendFloat(value, number) : value;
        if (infinity != 0) return _clamps ? Bound(infinity) : value;
        var scaled = Scaled(number);
        if (_clamps && Beyond(scaled) is var side and not 0) return Bound(side);
        return scaled.Equals(number) ? value : Written(scaled) ?? value;
    }

    /// <summary>False for what is no number, and for NaN, which is nowhere near any.</summary>
    private static bool Read(ColumnValue value, out Scaled10 number, out int infinity)
    {
        (number, infinity) = (default, 0);
        switch (value.Type)
        {
            case BsonType.Int32: number = new Scaled10(ScalarText.ReadInt32(value.Bytes), 0); return true;
            case BsonType.Int64: number = new Scaled10(ScalarText.ReadInt64(value.Bytes), 0); return true;
            case BsonType.Double:
                var binary = ScalarText.ReadDouble(value.Bytes);
                infinity = double.IsInfinity(binary) ? Math.Sign(binary) : 0;
                if (double.IsFinite(binary)) number = Scaled10.Of(ExactDecimal.Shortest(binary));
                return !double.IsNaN(binary);
            case BsonType.Decimal128:
                var kind = ExactDecimal.Read(value.Bytes, out var exact);
                infinity = kind switch { DecimalKind.PositiveInfinity => 1, DecimalKind.NegativeInfinity => -1, _ => 0 };
                number = Scaled10.Of(exact);
                return kind != DecimalKind.NaN;
            default: return false;
        }
    }

    private int Places => type.Kind == ColumnKind.Numeric ? type.Scale ?? 0 : 0;

    private Scaled10 Scaled(Scaled10 number) =>
        _rounds ? number.ToPlaces(Places, half: true) : _truncates ? number.ToPlaces(Places, half: false) : number;

    /// <summary>The greatest number of the column, its sign aside; an integer's least is one further.</summary>
    private Scaled10 Highest => type.Kind switch
    {
        ColumnKind.Int2 => new Scaled10(short.MaxValue, 0),
        ColumnKind.Int4 => new Scaled10(int.MaxValue, 0),
        ColumnKind.Int8 => new Scaled10(long.MaxValue, 0),
        _ => new Scaled10(BigInteger.Pow(10, type.Precision!.Value) - 1, -Places),
    };

    private Scaled10 Lowest => Highest is var highest && type.Kind == ColumnKind.Numeric
        ? highest with { Digits = -highest.Digits }
        : highest with { Digits = -highest.Digits - 1 };

    private int Beyond(Scaled10 number) => number.CompareTo(Highest) > 0 ? 1 : number.CompareTo(Lowest) < 0 ? -1 : 0;

    private ColumnValue Bound(int side) => Written(side > 0 ? Highest : Lowest) ?? throw new InvalidOperationException($"{type} has a bound that no BSON number is.");

    /// <summary>Null where a Decimal128 has too few digits.</summary>
    private static ColumnValue? Written(Scaled10 number) =>
        Decimal128.TryParse(string.Create(CultureInfo.InvariantCulture, $"{number.Digits}E{number.Exponent}"), out var exact) && Scaled10.Of(exact).CompareTo(number) == 0
            ? ColumnValue.Of(exact)
            : null;

    private ColumnValue MendFloat(ColumnValue value, Scaled10 number)
    {
        var greatest = type.Kind == ColumnKind.Float4 ? float.MaxValue : double.MaxValue;
        var near = value.Type == BsonType.Double ? ScalarText.ReadDouble(value.Bytes) : number.ToDouble();
        // Rounding has no number for what is beyond the greatest: only clamping gives so much up.
        if (Math.Abs(near) > greatest) return _clamps ? ColumnValue.Of(Math.CopySign(greatest, near)) : value;
        return _rounds ? ColumnValue.Of(type.Kind == ColumnKind.Float4 ? (float)near : near) : value;
    }
}
