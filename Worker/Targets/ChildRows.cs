namespace Migration.Worker.Targets;

/// <summary>
/// The rows that records have in the tables of a collection's children, and which of them are whose. Records are numbered
/// as their rows in the collection's own table are. Kept and reused from batch to batch; for one writer at a time.
/// </summary>
/// <param name="tables">Of children, in the order of <see cref="Contracts.Migrations.ChildTable.Of"/>.</param>
internal sealed class ChildRows(int tables) : IDisposable
{
    private readonly RowBuffer[] _tables = [.. Enumerable.Range(0, tables).Select(_ => new RowBuffer())];

    /// <summary>For each record, the number of rows that each table has after it: record by record, table by table.</summary>
    private readonly List<int> _ends = [];

    private long _bytesOfRecords;

    public int Tables => _tables.Length;

    /// <summary>Whole ones.</summary>
    public int Records => _ends.Count / _tables.Length;

    public RowBuffer this[int table] => _tables[table];

    /// <summary>Bytes of the rows of all tables, those of the record in hand among them.</summary>
    public long Bytes
    {
        get
        {
            long bytes = 0;
            foreach (var table in _tables) bytes += table.Bytes;
            return bytes;
        }
    }

    /// <summary>Bytes of the rows since the last record ended.</summary>
    public long BytesOfRecord => Bytes - _bytesOfRecords;

    /// <summary>Makes the rows since the last record those of one record.</summary>
    public void EndRecord()
    {
        foreach (var table in _tables) _ends.Add(table.Count);
        _bytesOfRecords = Bytes;
    }

    /// <summary>Drops the rows of the records from number <paramref name="records"/> on, and those of a record that is half written.</summary>
    public void TruncateTo(int records)
    {
        for (var table = 0; table < _tables.Length; table++) _tables[table].TruncateTo(StartOf(table, records));
        _ends.RemoveRange(records * _tables.Length, _ends.Count - records * _tables.Length);
        _bytesOfRecords = Bytes;
    }

    /// <summary>Drops every row and keeps the memory.</summary>
    public void Clear() => TruncateTo(0);

    /// <summary>The place of a record's first row in a table; for the number of records, the number of its rows.</summary>
    public int StartOf(int table, int record) => record == 0 ? 0 : _ends[(record - 1) * _tables.Length + table];

    /// <summary>The record that a table's row belongs to.</summary>
    public int RecordOf(int table, int row)
    {
        var (first, after) = (0, Records);
        while (after - first > 1)
        {
            var middle = first + (after - first) / 2;
            (first, after) = StartOf(table, middle) <= row ? (middle, after) : (first, middle);
        }

        return first;
    }

    public void Dispose()
    {
        foreach (var table in _tables) table.Dispose();
    }
}
