using Migration.Contracts.Migrations;

namespace Migration.Worker;

/// <summary>How large the batches of a collection are, of either kind; for all of its slices.</summary>
/// <param name="settings">Of the worker.</param>
internal sealed class BatchSizes(WorkerSettings settings)
{
    /// <summary>Where batches may be larger than these, those that are kept have an eighth of it.</summary>
    private const int KeptBytes = 4 * 1024 * 1024;
    private const int KeptRecords = 20_000;
    private const int KeptPart = 8;

    private readonly int _mostKeptRecords = Least(settings.BatchRecords, KeptRecords);

    /// <summary>Of batches whose rows go to PostgreSQL as they are mapped, and are in memory a part at a time.</summary>
    public BatchSize Streamed { get; } = new(settings.BatchBytes, settings.BatchRecords);

    /// <summary>Of batches whose documents and rows are kept until PostgreSQL has them, so that it may refuse single ones.</summary>
    public BatchSize Kept { get; } = new(MostKeptBytes(settings), Least(settings.BatchRecords, KeptRecords));

    /// <summary>Bytes of documents in a batch that is kept, at most.</summary>
    public static int MostKeptBytes(WorkerSettings settings) => Least(settings.BatchBytes, KeptBytes);

    /// <summary>Bytes of documents in a part of a streamed batch at most.</summary>
    /// <param name="page">Bytes that are worth one page to the source.</param>
    public int PartBytes(int page) => Math.Min(page, Streamed.Bytes);

    /// <summary>
    /// Records of such a part at most: of a batch's as many as the source's page is of one that is kept, and no more than that
    /// may have, for it may come to be one.
    /// </summary>
    /// <inheritdoc cref="PartBytes"/>
    public int PartRecords(int page) => Math.Clamp((int)((long)Streamed.Records * Math.Min(page, KeptBytes) / KeptBytes), 1, _mostKeptRecords);

    private static int Least(int most, int kept) => Math.Min(most, Math.Max(kept, most / KeptPart));
}
