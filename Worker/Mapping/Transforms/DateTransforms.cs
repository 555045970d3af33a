using System.Buffers.Binary;
using System.Globalization;
using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Transforms;

/// <summary>A count of time since 1970 as a date, exact to the millisecond or not at all.</summary>
internal sealed class EpochTransform(string name, int milliseconds) : ValueTransform(name)
{
    private const int DigitsOfDecimal = 28;

    private static readonly Refusal NoNumber = new(SqlStates.InvalidText, "needs a number", Advice.ChangeTransform);

    protected override Refusal? ApplyToOne(ColumnValue value, out ColumnValue result)
    {
        result = value;
        if (value.ReadText(out var text) is { } refusal) return refusal;
        // Beyond these the parser would round without a word.
        if (text.Count(char.IsAsciiDigit) > DigitsOfDecimal || text.Contains("E-", StringComparison.OrdinalIgnoreCase)) return Refusal.Inexact;
        if (!decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var count))
        {
            return double.TryParse(text, CultureInfo.InvariantCulture, out var huge) && !double.IsNaN(huge) ? Refusal.DateOutOfRange : NoNumber;
        }

        if (Math.Abs(count) > long.MaxValue / 1000) return Refusal.DateOutOfRange;
        var exact = count * milliseconds;
        if (exact != decimal.Truncate(exact)) return Refusal.Inexact;
        result = ColumnValue.OfDate((long)exact);
        return null;
    }
}

/// <summary>The second that an ObjectId, or its 24 hexadecimal digits, was made in.</summary>
internal sealed class ObjectIdTimeTransform() : ValueTransform("objectIdTime")
{
    private static readonly Refusal NoObjectId = new(SqlStates.InvalidText, "needs an ObjectId", Advice.ChangeTransform);

    protected override Refusal? ApplyToOne(ColumnValue value, out ColumnValue result)
    {
        result = value;
        if (value.Type is not (BsonType.ObjectId or BsonType.String or BsonType.Symbol)) return NoObjectId;
        if (value.ReadText(out var text) is { } refusal) return refusal;
        if (!ObjectId.TryParse(text, out var id)) return NoObjectId;
        result = ColumnValue.OfDate(BinaryPrimitives.ReadUInt32BigEndian(id.ToByteArray()) * 1000L);
        return null;
    }
}
