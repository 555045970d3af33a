using Migration.Contracts.Ledger;
using Migration.Worker.Enrichment;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;

namespace Migration.Worker;

/// <summary>
/// The records of a page as rows, and those that cannot be rows with the reason. Kept and reused from page to page.
/// </summary>
internal sealed class MappedBatch(CollectionRows pipeline) : IDisposable
{
    /// <summary>
    /// Times the bytes that a batch's documents may have: rows of children repeat their parent's key, and may be many times
    /// their documents.
    /// </summary>
    private const int RowsWorth = 4;

    /// <summary>Well below what a buffer holds, for a record's rows may come on top.</summary>
    private const long MostRowBytes = 512L * 1024 * 1024;

    private readonly List<int> _recordOfRow = [];
    private readonly List<QuarantinedRecord> _rejected = [];
    private SourcePage? _page;

    public RowBuffer Rows { get; private set; } = new();

    /// <summary>The rows in tables of children; null where the collection has none.</summary>
    public ChildRows? Children { get; private set; } = pipeline.Mapper.NewChildRows();

    /// <summary>What the rows are of, once it is mapped: the page, or the part of it that had its place in a batch.</summary>
    public SourcePage Page => _page!;

    /// <summary>Those that reading or mapping refused.</summary>
    public IReadOnlyList<QuarantinedRecord> Rejected => _rejected;

    /// <summary>Forgets the last page and maps this one, which must stay undisposed as long as the batch is used.</summary>
    /// <param name="batchBytes">Of documents at most; where there are children, a multiple of it ends the batch within the page.</param>
    public void Map(SourcePage page, Pulse pulse, int batchBytes)
    {
        Clear();
        _page = page;
        var most = Math.Min((long)RowsWorth * batchBytes, MostRowBytes);
        for (var i = 0; i < page.Records.Count; i++)
        {
            if (Children is not null && i > 0 && Rows.Bytes + Children.Bytes >= most)
            {
                _page = new PagePart(page, 0, i);
                return;
            }

            var record = page.Records[i];
            if (TryMap(record) is { } rejection)
                _rejected.Add(Quarantine.Record(pipeline.Mapping.Name, record, rejection));
            else
                _recordOfRow.Add(i);
            pulse.Beat();
        }
    }

    /// <summary>Drops every row and keeps the memory.</summary>
    public void Clear()
    {
        Rows.Clear();
        Children?.Clear();
        _recordOfRow.Clear();
        _rejected.Clear();
    }

    /// <summary>
    /// Adds a row, or tells why not. A mapper that throws has a fault, and still it is this one record's bad luck and not
    /// its slice's. Memory that ran out is the exception: that is for the slice to be made smaller.
    /// </summary>
    public RecordRejection? TryMap(SourceRecord record)
    {
        if (record.Error is { } error)
            return new RecordRejection(RecordStage.Read, null, null, error);
        var rows = Rows.Count;
        try
        {
            if (ProtocolPoint.Observer is not null)
                ProtocolPoint.Reached(ProtocolPoint.BeforeMap, Quarantine.Id(record.Document) ?? "");
            return pipeline.Mapper.Map(record.Document.Span, Rows, Children);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Rows.TruncateTo(rows);
            Children?.TruncateTo(rows);
            return new RecordRejection(
                RecordStage.Map, null, null, $"the mapping broke on this document, which is a fault of the program: {TransientRetry.FirstLine(e)} ({e.GetType().Name}).",
                e.GetType().FullName);
        }
    }

    /// <summary>Takes the rows as enrichment left them; those that it refused are quarantined.</summary>
    /// <param name="records">One for each row, in their order.</param>
    public void TakeEnriched(IReadOnlyList<EnrichedRecord> records)
    {
        var refused = Rewrite(records);
        _rejected.AddRange(refused.Select(row => Quarantine.Record(pipeline.Mapping.Name, Page.Records[_recordOfRow[row.Row]], row.Rejection)));
        foreach (var row in refused.Reverse())
            _recordOfRow.RemoveAt(row.Row);
    }

    /// <summary>The same, with the refused rows left to the caller.</summary>
    /// <returns>Rows that are none any more, by their numbers from before.</returns>
    public IReadOnlyList<RejectedRow> Rewrite(IReadOnlyList<EnrichedRecord> records)
    {
        var (enriched, refused) = (new RowBuffer(Math.Max(Rows.Bytes, 1024)), new List<RejectedRow>());
        var children = Children is null ? null : new ChildRows(Children.Tables);
        for (var row = 0; row < records.Count; row++)
        {
            if (records[row].WriteTo(enriched, children) is { } rejection)
                refused.Add(new RejectedRow(row, rejection));
        }

        Rows.Dispose();
        Children?.Dispose();
        (Rows, Children) = (enriched, children);
        return refused;
    }

    /// <summary>All that are quarantined with this batch: the mapper's, and those that PostgreSQL refused.</summary>
    public List<QuarantinedRecord> WithRefusedRows(IReadOnlyList<RejectedRow> refused)
        => [.. _rejected, .. refused.Select(row => Quarantine.Record(
            pipeline.Mapping.Name, _page!.Records[_recordOfRow[row.Row]], row.Rejection))];

    public void Dispose()
    {
        Rows.Dispose();
        Children?.Dispose();
    }
}
