using System.Buffers.Binary;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Unfit;

/// <summary>Dates into the years that PostgreSQL has, and times of day away from a <c>date</c>.</summary>
internal static class UnfitDate
{
    public static ColumnValue Mend(ColumnValue value, ColumnKind kind, IReadOnlyList<UnfitChoice> choices)
    {
        if (value.Type != BsonType.DateTime) return value;
        var milliseconds = BinaryPrimitives.ReadInt64LittleEndian(value.Bytes);
        // In this order: the day of the least number of all begins before it, where there are no numbers left.
        if (choices.Contains(UnfitChoice.Clamp)) milliseconds = Clamp(milliseconds, kind);
        if (kind == ColumnKind.Date && choices.Contains(UnfitChoice.Truncate)) milliseconds = DayOf(milliseconds);
        return ColumnValue.OfDate(milliseconds);
    }

    // A date before 1970 is negative: its day begins before it all the same.
    private static long DayOf(long milliseconds)
    {
        if (milliseconds < DateConversion.Earliest) return milliseconds;
        var rest = milliseconds % DateConversion.MillisecondsInDay;
        return milliseconds - (rest < 0 ? rest + DateConversion.MillisecondsInDay : rest);
    }

    // A date within range stays as it is, its time of day included.
    private static long Clamp(long milliseconds, ColumnKind kind) => kind == ColumnKind.Date
        ? Math.Clamp(milliseconds, DateConversion.Earliest, DateConversion.Latest)
        : Math.Clamp(milliseconds, TimestampConversion.Earliest, TimestampConversion.Latest);
}
