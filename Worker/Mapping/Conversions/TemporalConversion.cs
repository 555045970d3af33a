using System.Buffers.Binary;
using Migration.Contracts.Migrations;
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

    /// <summary>In milliseconds since 1970, like BSON's dates.</summary>
    public const long Earliest = First + Epoch;

    public const long Latest = End + Epoch - 1;

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
    public const long MillisecondsInDay = 86_400_000;
    private const long EpochDay = TimestampConversion.Epoch / MillisecondsInDay;

    // DATETIME_MIN_JULIAN and DATE_END_JULIAN (excluded) of src/include/datatype/timestamp.h, in days since 2000.
    private const long First = -2_451_545;
    private const long End = 2_147_483_494 - 2_451_545;

    /// <summary>The first day, in milliseconds since 1970.</summary>
    public const long Earliest = (First + EpochDay) * MillisecondsInDay;

    public const long Latest = (End - 1 + EpochDay) * MillisecondsInDay;

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

/// <summary>time: a text that is a time of day. A BSON date has a day besides, which would be lost.</summary>
internal sealed class TimeConversion : ColumnConversion
{
    private static readonly Refusal NoTime = new(
        SqlStates.InvalidText, "needs a time of day such as 12:34:56.789, to the microsecond", Advice.ChangeType);

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (type is not (BsonType.String or BsonType.Symbol)) return Refusal.WrongType;
        if (!ColumnTime.TryParse(BsonSpanReader.TextOf(value), out var microseconds)) return NoTime;
        BinaryPrimitives.WriteInt64BigEndian(rows.AppendField(sizeof(long)), microseconds);
        return null;
    }
}

/// <summary>interval: a text that is one. A number does not say of what, and no fraction is spread over smaller units.</summary>
internal sealed class IntervalConversion : ColumnConversion
{
    private const int Size = 16;
    private const int DaysOffset = 8;
    private const int MonthsOffset = 12;

    private static readonly Refusal NoInterval = new(
        SqlStates.InvalidText, "needs an interval such as P1DT2H or 1 day 02:00:00, to the microsecond", Advice.ChangeType);

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (type is not (BsonType.String or BsonType.Symbol)) return Refusal.WrongType;
        if (!ColumnInterval.TryParse(BsonSpanReader.TextOf(value), out var interval)) return NoInterval;
        var field = rows.AppendField(Size);
        BinaryPrimitives.WriteInt64BigEndian(field, interval.Microseconds);
        BinaryPrimitives.WriteInt32BigEndian(field[DaysOffset..], interval.Days);
        BinaryPrimitives.WriteInt32BigEndian(field[MonthsOffset..], interval.Months);
        return null;
    }

    /// <summary>The interval of a field.</summary>
    public static ColumnInterval Read(ReadOnlySpan<byte> field) => new(
        BinaryPrimitives.ReadInt32BigEndian(field[MonthsOffset..]),
        BinaryPrimitives.ReadInt32BigEndian(field[DaysOffset..]),
        BinaryPrimitives.ReadInt64BigEndian(field));
}
