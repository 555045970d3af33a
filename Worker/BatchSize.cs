namespace Migration.Worker;

/// <summary>
/// How large the batches of a collection are: as the settings allow, and smaller where PostgreSQL takes longer than about a
/// second for one. A batch that takes long holds its locks for long, is much to do again when its worker dies, and keeps a
/// worker that shall stop. For all slices of the collection; it may be told and asked by several at a time.
/// </summary>
/// <param name="mostBytes">Of documents.</param>
/// <param name="mostRecords">Records.</param>
internal sealed class BatchSize(int mostBytes, int mostRecords)
{
    private const int SmallestPart = 64;

    private static readonly TimeSpan Aim = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private double _part = 1;

    /// <summary>Of documents, at most.</summary>
    public int Bytes => Math.Max(1, (int)(mostBytes * Volatile.Read(ref _part)));

    public int Records => Math.Max(1, (int)(mostRecords * Volatile.Read(ref _part)));

    /// <param name="took">To write and commit a batch, however large it was.</param>
    public void Learn(TimeSpan took)
    {
        lock (_lock)
        {
            // At most by half or to the double: one batch that met a lock is no measure.
            if (took > Aim)
                _part = Math.Max(1.0 / SmallestPart, _part * Math.Max(0.5, Aim / took));
            else if (took < Aim / 2)
                _part = Math.Min(1, _part * 2);
        }
    }
}
