using Migration.Contracts.Ledger;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;
using Migration.Worker.Targets;

namespace Migration.Worker;

/// <summary>
/// The records of a page as rows, and those that cannot be rows with the reason. Kept and reused from page to page.
/// </summary>
internal sealed class MappedBatch(CollectionPipeline pipeline) : IDisposable
{
    private readonly List<int> _recordOfRow = [];
    private readonly List<QuarantinedRecord> _rejected = [];
    private SourcePage? _page;

    public RowBuffer Rows { get; } = new();

    /// <summary>Those that reading or mapping refused.</summary>
    public IReadOnlyList<QuarantinedRecord> Rejected => _rejected;

    /// <summary>Forgets the last page and maps this one, which must stay undisposed as long as the batch is used.</summary>
    public void Map(SourcePage page)
    {
        Rows.Clear();
        _recordOfRow.Clear();
        _rejected.Clear();
        _page = page;
        for (var i = 0; i < page.Records.Count; i++)
        {
            var record = page.Records[i];
            var rejection = record.Error is { } error
                ? new RecordRejection(RecordStage.Read, null, null, error)
                : pipeline.Mapper.Map(record.Document.Span, Rows);
            if (rejection is null)
                _recordOfRow.Add(i);
            else
                _rejected.Add(Quarantine.Record(pipeline.Mapping.Name, record, rejection));
        }
    }

    /// <summary>All that are quarantined with this batch: the mapper's, and those that PostgreSQL refused.</summary>
    public List<QuarantinedRecord> WithRefusedRows(IReadOnlyList<RejectedRow> refused)
        => [.. _rejected, .. refused.Select(row => Quarantine.Record(
            pipeline.Mapping.Name, _page!.Records[_recordOfRow[row.Row]], row.Rejection))];

    public void Dispose() => Rows.Dispose();
}
