using Migration.Contracts.Ledger;

namespace Migration.Worker.Sources;

/// <summary>
/// One collection that can be cut into slices and read by key range. Nothing here ever writes to the source.
/// Safe for use by several slices at a time.
/// </summary>
public interface ICollectionSource : IAsyncDisposable
{
    /// <summary>Scheme, user, host, database and collection, or the dump's path; no password. For messages.</summary>
    string Description { get; }

    /// <summary>Bytes of documents that are worth one page: with smaller ones, asking would cost more than what comes.</summary>
    int PageBytes => 4 * 1024 * 1024;

    /// <summary>About how many records there are (before the filter); cheap, used for sizing only.</summary>
    Task<long> EstimateCountAsync(CancellationToken cancellationToken);

    /// <summary>How many records pass the filter now, counted and not estimated; on a large collection this takes a while.</summary>
    Task<long> CountAsync(CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="count"/> documents that pass the filter, for measuring and for checking paths.</summary>
    Task<IReadOnlyList<ReadOnlyMemory<byte>>> SampleAsync(int count, CancellationToken cancellationToken);

    /// <summary>
    /// Walks every key that passes the filter once, in key order (a dump: in file order), and yields consecutive slices:
    /// offsets start at 0 and each slice's offset is the last one's offset plus limit. No slice crosses a type bracket.
    /// </summary>
    /// <param name="recordsPerSlice">The most records in a slice; at least 1.</param>
    /// <exception cref="SourceException">The source cannot be read, or the walk cannot prove that it saw every record.</exception>
    IAsyncEnumerable<CutSlice> CutAsync(int recordsPerSlice, CancellationToken cancellationToken)
        => CutAsync(recordsPerSlice, null, cancellationToken);

    /// <summary>
    /// The same; with <paramref name="alignedAt"/>, a slice ends wherever the offset is that number modulo
    /// <paramref name="recordsPerSlice"/>, and at the end of each type bracket, instead of when it is full: whoever asks
    /// for a part of the collection by offset and limit finds slices that fill it exactly.
    /// </summary>
    IAsyncEnumerable<CutSlice> CutAsync(int recordsPerSlice, long? alignedAt, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the next page of a slice and lets go of every server resource before it returns, so that nothing is held
    /// while the caller maps, enriches or waits.
    /// </summary>
    /// <param name="range">The slice's key range.</param>
    /// <param name="after">The checkpoint: the last record already done; null to start at the range's first record.</param>
    /// <param name="maxRecords">Records in the page at most.</param>
    /// <param name="maxBytes">Bytes of documents in the page at most, save that a page holds at least one record.</param>
    Task<SourcePage> ReadPageAsync(
        KeyRange range, RecordPosition? after, int maxRecords, int maxBytes, CancellationToken cancellationToken);

    /// <summary>
    /// Counts the records that reading the range would give, without reading documents where the source can do so. A
    /// planner in doubt compares it with the slice's limit before anything starts; it costs about as much as the walk.
    /// </summary>
    Task<long> CountAsync(KeyRange range, CancellationToken cancellationToken);
}
