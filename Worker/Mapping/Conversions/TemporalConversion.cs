using System.Buffers.Binary;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>timestamp and timestamptz (the former in UTC): a BSON date, to the millisecond that it has.</summary>
internal sealed class TimestampConversion : ColumnConversion
{
    /// <summary>2000-01-01, PostgreSQL's epoch, in milliseconds since 1970.</summary>
    public const long Epoch = 946_684_800_000;

    // MIN_TIMESTAMP (4714-11-24 BC) and END_TIMESTAMP (294277-01-01, excluded) of src/include/datatype/timestamp.h,
    // in milliseconds since 2000.
    private const long First = -211_813_488_000_000;
    private const long End = 9_223_371_331_200_000;

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (type != BsonType.DateTime) return Refusal.WrongType;
        var milliseconds = ScalarText.ReadInt64(value);
        if (milliseconds is < First + Epoch or >= End + Epoch) return Refusal.DateOutOfRange;
        BinaryPrimitives.WriteInt64BigEndian(rows.AppendField(sizeof(long)), (milliseconds - Epoch) * 1000);
        return null;
    }
}

/// <summary>date: a BSON date at midnight UTC; a time of day would be lost.</summary>
internal sealed class DateConversion : ColumnConversion
{
    private const long MillisecondsInDay = 86_400_000;
    private const long EpochDay = TimestampConversion.Epoch / MillisecondsInDay;

    // DATETIME_MIN_JULIAN and DATE_END_JULIAN (excluded) of src/include/datatype/timestamp.h, in days since 2000.
    private const long First = -2_451_545;
    private const long End = 2_147_483_494 - 2_451_545;

    private static readonly Refusal TimeOfDay = new(
        SqlStates.DateOutOfRange, "would lose its time of day", Advice.Widen);

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (type != BsonType.DateTime) return Refusal.WrongType;
        var (days, timeOfDay) = Math.DivRem(ScalarText.ReadInt64(value), MillisecondsInDay);
        if (timeOfDay != 0) return TimeOfDay;
        if (days is < First + EpochDay or >= End + EpochDay) return Refusal.DateOutOfRange;
        BinaryPrimitives.WriteInt32BigEndian(rows.AppendField(sizeof(int)), (int)(days - EpochDay));
        return null;
    }
}
