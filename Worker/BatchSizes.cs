using Migration.Contracts.Migrations;

namespace Migration.Worker;

/// <summary>How large the batches of a collection are, of either kind; for all of its slices.</summary>
/// <param name="settings">Of the worker.</param>
internal sealed class BatchSizes(WorkerSettings settings)
{
    /// <summary>Where batches may be larger than these, those that are kept have an eighth of it.</summary>
    private const int KeptBytes = 4 * 1024 * 1024;
    private const int KeptRecords = 20_000;
    private const int PartOfStreamed = 8;

    /// <summary>Of batches whose rows go to PostgreSQL as they are mapped, and are in memory a part at a time.</summary>
    public BatchSize Streamed { get; } = new(settings.BatchBytes, settings.BatchRecords);

    /// <summary>Of batches whose documents and rows are kept until PostgreSQL has them, so that it may refuse single ones.</summary>
    public BatchSize Kept { get; } = new(MostKeptBytes(settings), Least(settings.BatchRecords, KeptRecords));

    /// <summary>Bytes of documents in a batch that is kept, at most.</summary>
    public static int MostKeptBytes(WorkerSettings settings) => Least(settings.BatchBytes, KeptBytes);

    /// <summary>Records of a part of a streamed batch at most.</summary>
    public int PartRecords => Math.Max(1, Streamed.Records / PartOfStreamed);

    private static int Least(int most, int kept) => Math.Min(most, Math.Max(kept, most / PartOfStreamed));
}
