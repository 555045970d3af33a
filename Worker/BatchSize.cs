namespace Migration.Worker;

/// <summary>
/// How large the batches of a collection are: as the settings allow, and smaller where PostgreSQL takes longer than about a
/// second for one. A batch that takes long holds its locks for long, is much to do again when its worker dies, keeps a
/// worker that shall stop, and may run into a time-out as often as it is tried. For all slices of the collection; it may be
/// told and asked by several at a time.
/// </summary>
/// <param name="mostBytes">Of documents.</param>
/// <param name="mostRecords">Records.</param>
internal sealed class BatchSize(int mostBytes, int mostRecords)
{
    private const int SmallestPart = 64;

    // The first ones are small: nobody knows yet what a row costs.
    private const double FirstBytes = 512 * 1024;
    private const double FirstRecords = 2_500;

    private static readonly TimeSpan Aim = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private double _part = Math.Min(1, Math.Max(FirstBytes / mostBytes, FirstRecords / mostRecords));

    /// <summary>Of documents, at most.</summary>
    public int Bytes => Math.Max(1, (int)(mostBytes * Volatile.Read(ref _part)));

    public int Records => Math.Max(1, (int)(mostRecords * Volatile.Read(ref _part)));

    /// <param name="took">To write and commit a batch.</param>
    /// <param name="bytes">Of its documents.</param>
    public void Learn(TimeSpan took, long bytes, int records) => Learn(took, bytes >= Bytes / 2 || records >= Records / 2);

    /// <param name="took">To write and commit a batch, without what was waited for its records.</param>
    /// <param name="isFull">False for the short rest of a slice, which is no measure.</param>
    public void Learn(TimeSpan took, bool isFull)
    {
        lock (_lock)
        {
            // At most by half or to the double, for one batch that met a lock is no measure either.
            if (took > Aim)
                Shrink(took);
            else if (took < Aim / 2 && isFull)
                _part = Math.Min(1, _part * 2);
        }
    }

    /// <summary>Of a batch that failed.</summary>
    /// <param name="after">Until then it had been tried.</param>
    /// <returns>True where the next one is smaller for it.</returns>
    public bool LearnOfFailure(TimeSpan after)
    {
        lock (_lock)
            return after > Aim && Shrink(after);
    }

    private bool Shrink(TimeSpan took)
    {
        var before = (Bytes, Records);
        _part = Math.Max(1.0 / SmallestPart, _part * Math.Max(0.5, Aim / took));
        return (Bytes, Records) != before;
    }
}
