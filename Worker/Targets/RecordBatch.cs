using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>One batch of records on its way into the tables of a collection with children; for one call of <see cref="WriteAsync"/>.</summary>
internal sealed class RecordBatch
{
    /// <summary>While the collection's own rows are sent.</summary>
    private const int Own = -1;

    private readonly RecordSql _sql;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly RowBuffer _rows;
    private readonly ChildRows _children;
    private readonly RowIsolation _isolation;

    /// <summary>The table that is being sent, and the runs of rows that are.</summary>
    private int _table = Own;
    private List<(int First, int Count)> _sent = [];

    public RecordBatch(RecordSql sql, NpgsqlConnection connection, NpgsqlTransaction transaction, RowBuffer rows, ChildRows children)
    {
        (_sql, _connection, _transaction, _rows, _children) = (sql, connection, transaction, rows, children);
        _isolation = new RowIsolation(connection, transaction, LineOf, Refused);
    }

    /// <summary>Records, in no order.</summary>
    public IReadOnlyList<RejectedRow> Rejected => _isolation.Rejected;

    /// <param name="isDirect">The collection's own rows go straight into their table; else by way of the temporary table.</param>
    /// <returns>Records whose row was inserted, or updated.</returns>
    public async Task<int> WriteAsync(bool isDirect, CancellationToken cancellationToken)
    {
        await _isolation.BeginAsync(isDirect ? null : _sql.Parent.Staging.Prepare, cancellationToken);
        if (isDirect) return await _isolation.SendAsync(0, _rows.Count, CopyAsync, cancellationToken);
        await _isolation.SendAsync(0, _rows.Count, StageAsync, cancellationToken);
        await _isolation.KeepAsync(null, cancellationToken);
        return await _isolation.SendAsync(0, _rows.Count, MergeAsync, cancellationToken);
    }

    private async Task<int> StageAsync(int first, int count, CancellationToken cancellationToken)
    {
        _table = Own;
        await CopyStream.SendNumberedAsync(_connection, _sql.Parent.Staging.Copy, _rows, first, count, cancellationToken);
        return count;
    }

    private async Task<int> CopyAsync(int first, int count, CancellationToken cancellationToken)
    {
        _table = Own;
        await CopyStream.SendAsync(_connection, _sql.Parent.Copy, _rows, first, count, cancellationToken);
        await CopyChildrenAsync([(first, count)], cancellationToken);
        return count;
    }

    private async Task<int> MergeAsync(int first, int count, CancellationToken cancellationToken)
    {
        _table = Own;
        var written = await MergeOwnAsync(first, count, cancellationToken);
        foreach (var (delete, child) in _sql.Deletes.Zip(_sql.Children.Index().Reverse(), (sql, pair) => (sql, pair.Index)))
        {
            _table = child;
            _sent = [];
            await using var command = new NpgsqlCommand(delete, _connection, _transaction) { Parameters = { new() { Value = written.ToArray() } } };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await CopyChildrenAsync(RunsOf(written), cancellationToken);
        return written.Count;
    }

    /// <returns>The records that were written, ascending; the others are not, nor are their children.</returns>
    private async Task<List<int>> MergeOwnAsync(int first, int count, CancellationToken cancellationToken)
    {
        var written = new List<int>();
        await using var merge = new NpgsqlCommand(_sql.Merge, _connection, _transaction)
        {
            Parameters = { new() { Value = first }, new() { Value = first + count } },
        };
        await using var answer = await merge.ExecuteReaderAsync(cancellationToken);
        while (await answer.ReadAsync(cancellationToken))
        {
            if (await answer.IsDBNullAsync(0, cancellationToken)) throw ChangedKey();
            written.Add(answer.GetInt32(0));
        }

        return written;
    }

    private TargetException ChangedKey() => new(
        $"table {_sql.Children[0].Parent.Table}: a trigger gave a row another primary key, so that the rows of its children cannot follow it. "
        + "Drop the trigger, or leave 'children' out of the migration file.");

    /// <summary>Parents before their children.</summary>
    private async Task CopyChildrenAsync(IReadOnlyList<(int First, int Count)> records, CancellationToken cancellationToken)
    {
        for (var table = 0; table < _children.Tables; table++)
        {
            (_table, _sent) = (table, [.. records.Select(run => RowsOf(table, run)).Where(run => run.Count > 0)]);
            if (_sent.Count > 0)
                await CopyStream.SendAsync(_connection, _sql.Copies[table], _children[table], _sent, cancellationToken);
        }
    }

    private (int First, int Count) RowsOf(int table, (int First, int Count) records)
    {
        var first = _children.StartOf(table, records.First);
        return (first, _children.StartOf(table, records.First + records.Count) - first);
    }

    private static List<(int First, int Count)> RunsOf(List<int> records)
    {
        var runs = new List<(int First, int Count)>();
        foreach (var record in records)
        {
            if (runs.Count > 0 && runs[^1].First + runs[^1].Count == record) runs[^1] = (runs[^1].First, runs[^1].Count + 1);
            else runs.Add((record, 1));
        }

        return runs;
    }

    /// <summary>The place of the record, from 1, that a line of the COPY under way belongs to.</summary>
    private int LineOf(int first, int line)
    {
        if (_table == Own) return line;
        var row = line - 1;
        foreach (var run in _sent)
        {
            if (row < run.Count) return _children.RecordOf(_table, run.First + row) - first + 1;
            row -= run.Count;
        }

        return int.MaxValue;
    }

    private RejectedRow Refused(int record, PostgresException error) =>
        _table == Own ? RefusedRow.Of(record, error) : RefusedRow.OfChild(record, _sql.Children[_table].Mapping, error);
}
