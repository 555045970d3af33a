using Migration.Contracts.Ledger;

namespace Migration.Worker.Sources;

/// <summary>A run of consecutive records of a slice. Owns pooled memory; documents are valid until it is disposed.</summary>
public abstract class SourcePage : IDisposable
{
    /// <summary>In key order. Empty only when the slice holds no further record.</summary>
    public abstract IReadOnlyList<SourceRecord> Records { get; }

    /// <summary>
    /// The checkpoint to commit with this page: where its last record stands, or the range's end when the page is
    /// empty.
    /// </summary>
    public abstract RecordPosition Last { get; }

    /// <summary>Where a record of the page stands: the checkpoint of a page that ends with it.</summary>
    public abstract RecordPosition PositionOf(int record);

    /// <summary>True when the slice is known to hold no record after this page.</summary>
    public abstract bool IsFinal { get; }

    /// <summary>Bytes of documents.</summary>
    public abstract long Bytes { get; }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}
