using Migration.Contracts.Ledger;
using Migration.Worker.Sources;

namespace Migration.Worker;

/// <summary>How far one try to write a batch came: what is asked after when its end is not known. A new one for each try.</summary>
internal sealed class BatchTry(TimeProvider time)
{
    private long? _began;

    /// <summary>Where the checkpoint stands if the try went through; null where it cannot have.</summary>
    public RecordPosition? End { get; private set; }

    /// <summary>The last record of what was written is the slice's last.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>Records that PostgreSQL was sent, or that were refused before.</summary>
    public long Records { get; private set; }

    /// <summary>What the transaction waited for records.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Since the transaction was begun; zero before.</summary>
    public TimeSpan Elapsed => _began is { } began ? time.GetElapsedTime(began) : TimeSpan.Zero;

    /// <summary>PostgreSQL's part of it.</summary>
    public TimeSpan Spent => Elapsed - Waited;

    /// <summary>To be told when there is a connection.</summary>
    public void Begins() => _began = time.GetTimestamp();

    public async Task<T> WaitAsync<T>(Task<T> records)
    {
        var since = time.GetTimestamp();
        try
        {
            return await records;
        }
        finally
        {
            Waited += time.GetElapsedTime(since);
        }
    }

    public void Sends(SourcePage page) => Records += page.Records.Count;

    /// <summary>To be told before the commit.</summary>
    public void EndsWith(SourcePage page) => (End, IsFinal) = (page.Last, page.IsFinal);
}
