using System.Globalization;

namespace Migration.Worker.HandSlices;

/// <summary>The part of a collection that a user asked for by hand.</summary>
/// <param name="Offset">Records before it, in key order.</param>
/// <param name="Limit">Records in it.</param>
internal sealed record SliceWindow(long Offset, long Limit)
{
    private const long MostRecords = long.MaxValue / 2;

    /// <summary>Null where the offset was asked for.</summary>
    private long? Number { get; init; }

    /// <exception cref="UserException">A number makes no sense.</exception>
    public static SliceWindow OfOffset(long offset, long limit)
    {
        Check("--offset", offset, 0, MostRecords);
        Check("--limit", limit, 1, int.MaxValue);
        return new SliceWindow(offset, limit);
    }

    /// <param name="numberName">Where the number came from.</param>
    /// <param name="number">From 0.</param>
    /// <param name="sizeName">Where the size came from.</param>
    /// <exception cref="UserException">A number makes no sense.</exception>
    public static SliceWindow OfNumber(string numberName, long number, string sizeName, long size)
    {
        Check(sizeName, size, 1, int.MaxValue);
        Check(numberName, number, 0, MostRecords / size);
        return new SliceWindow(number * size, size) { Number = number };
    }

    public override string ToString() => Number is { } number
        ? string.Create(CultureInfo.InvariantCulture, $"slice {number} of {Limit} records, which begins at record {Offset}")
        : string.Create(CultureInfo.InvariantCulture, $"offset {Offset}");

    private static void Check(string name, long value, long least, long most)
    {
        if (value < least || value > most)
            throw new UserException(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; give a number from {least} to {most}."));
    }
}
