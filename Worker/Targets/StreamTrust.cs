namespace Migration.Worker.Targets;

/// <summary>
/// Whether a table's rows may go to PostgreSQL with nobody keeping them. When it refuses one, or the session is lost, all that
/// was sent is to be read and mapped again; so the next batches are kept, and more of them each time that it happens again.
/// Slices share it.
/// </summary>
internal sealed class StreamTrust
{
    private const int Fewest = 8;
    private const int Most = 1024;

    private readonly Lock _lock = new();
    private int _after = Fewest;

    /// <summary>Batches without a refused row that are still wanted. The first batch of a table tells what it is like.</summary>
    private int _wanted = 1;

    public bool IsThere
    {
        get
        {
            lock (_lock)
                return _wanted == 0;
        }
    }

    /// <summary>A batch that was kept went through.</summary>
    public void Kept(bool withoutRefusal)
    {
        lock (_lock)
            _wanted = withoutRefusal ? Math.Max(0, _wanted - 1) : Math.Max(_wanted, Fewest);
    }

    /// <summary>A batch that was streamed went through.</summary>
    public void Streamed()
    {
        lock (_lock)
            _after = Math.Max(Fewest, _after / 2);
    }

    /// <summary>One that was streamed did not. Others that were under way with it count once.</summary>
    public void Failed()
    {
        lock (_lock)
        {
            if (_wanted == 0)
                (_wanted, _after) = (_after, Math.Min(Most, _after * 2));
        }
    }
}
