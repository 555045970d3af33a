using Migration.Contracts.Ledger;
using Migration.Worker.Sources;

namespace Migration.Worker;

/// <summary>How far one try to write a batch came: what is asked after when its end is not known. A new one for each try.</summary>
internal sealed class BatchTry
{
    /// <summary>Where the checkpoint stands if the try went through; null where it cannot have.</summary>
    public RecordPosition? End { get; private set; }

    /// <summary>The last record of what was written is the slice's last.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>Records that PostgreSQL was sent, or that were refused before.</summary>
    public long Records { get; private set; }

    public void Sends(SourcePage page) => Records += page.Records.Count;

    /// <summary>To be told before the commit.</summary>
    public void EndsWith(SourcePage page) => (End, IsFinal) = (page.Last, page.IsFinal);
}
