using System.Numerics;

namespace Migration.Coordinator.Planning;

/// <summary>
/// How many workers finish in a window: a worker does <c>floor(hours · 3600 / seconds per record)</c> records in a row,
/// that many times over when several are in flight, and the workers are what is needed to cover all records.
/// </summary>
/// <param name="Hours">The window.</param>
/// <param name="RecordsInFlight">Records that one worker has in hand at a time.</param>
/// <param name="RecordsPerWorker">The most that one worker does in the window; never more than there are records.</param>
/// <param name="Workers">The fewest whose records cover all.</param>
internal sealed record WorkerPlan(decimal Hours, int RecordsInFlight, long RecordsPerWorker, long Workers)
{
    /// <summary>The largest scale of a decimal: at it, every decimal is a whole number.</summary>
    private const int Scale = 28;

    /// <summary>Records that are covered: workers times records per worker.</summary>
    public long Covered => checked(RecordsPerWorker * Workers);

    /// <param name="records">At least 1.</param>
    /// <param name="secondsPerRecord">Above 0, and no longer than the window.</param>
    public static WorkerPlan For(long records, decimal secondsPerRecord, decimal hours, int recordsInFlight)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(records, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(recordsInFlight, 1);
        var inARow = InARow(secondsPerRecord, hours);
        if (inARow < 1)
            throw new ArgumentOutOfRangeException(nameof(secondsPerRecord), secondsPerRecord, "One record takes longer than the window.");
        var perWorker = (long)BigInteger.Min(inARow * recordsInFlight, records);
        return new WorkerPlan(hours, recordsInFlight, perWorker, ((records - 1) / perWorker) + 1);
    }

    /// <summary>Whole records that fit into the window one after the other.</summary>
    public static BigInteger InARow(decimal secondsPerRecord, decimal hours) => Whole(hours) * 3600 / Whole(secondsPerRecord);

    // A quotient of decimals is rounded and may come out one too large; whole numbers divide exactly.
    private static BigInteger Whole(decimal value)
    {
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(value, bits);
        var digits = ((BigInteger)(uint)bits[2] << 64) | ((BigInteger)(uint)bits[1] << 32) | (uint)bits[0];
        return (value < 0 ? -digits : digits) * BigInteger.Pow(10, Scale - value.Scale);
    }
}
