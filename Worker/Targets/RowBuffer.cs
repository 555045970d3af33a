namespace Migration.Worker.Targets;

// A placeholder's place: the mapping and target work fills this file. See the contract in its summary.

/// <summary>
/// Rows of one table as COPY's binary format has them (field count, then length and value of each field), one after
/// the other in pooled memory, without the file header and trailer. Any subset of rows can be sent again.
/// </summary>
public sealed class RowBuffer : IDisposable
{
    public void Dispose()
    {
    }
}
