using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>One batch on its way into a table; for one call of <see cref="WriteAsync"/>.</summary>
/// <param name="isDirect">Straight into the table by COPY; else by way of the temporary table.</param>
/// <param name="mayGoRowByRow">False: rows at fault are found by sending parts of the batch again.</param>
internal sealed class TableBatch(
    TableSql sql, NpgsqlConnection connection, NpgsqlTransaction transaction, RowBuffer rows, bool isDirect, bool mayGoRowByRow)
{
    private readonly RowIsolation _isolation = new(connection, transaction);
    private readonly List<RejectedRow> _rejected = [];

    /// <summary>In no order.</summary>
    public IEnumerable<RejectedRow> Rejected => _isolation.Rejected.Concat(_rejected);

    /// <param name="expectsFaults">Goes row by row at once, where it may.</param>
    /// <returns>Rows inserted, or updated.</returns>
    public async Task<int> WriteAsync(bool expectsFaults, CancellationToken cancellationToken)
    {
        var wholeFirst = !mayGoRowByRow || !expectsFaults;
        if (isDirect && wholeFirst)
        {
            await _isolation.BeginAsync(null, cancellationToken);
            if (await SendWholeAsync(CopyRunAsync, cancellationToken) is { } copied) return copied;
            await _isolation.KeepAsync(sql.Staging.Prepare, cancellationToken);
        }
        else
        {
            await _isolation.BeginAsync(sql.Staging.Prepare, cancellationToken);
        }

        await _isolation.SendAsync(0, rows.Count, StageRunAsync, cancellationToken);
        await _isolation.KeepAsync(null, cancellationToken);
        if (!isDirect && wholeFirst && await SendWholeAsync(MergeRunAsync, cancellationToken) is { } merged) return merged;
        return await InsertRowByRowAsync(cancellationToken);
    }

    /// <summary>Null when rows are at fault and shall go row by row; nothing was written then.</summary>
    private async Task<int?> SendWholeAsync(RowIsolation.Attempt attempt, CancellationToken cancellationToken)
        => mayGoRowByRow
            ? await _isolation.TryAsync(rows.Count, attempt, cancellationToken)
            : await _isolation.SendAsync(0, rows.Count, attempt, cancellationToken);

    private async Task<int> InsertRowByRowAsync(CancellationToken cancellationToken)
    {
        var rowByRow = new RowByRow(connection, transaction, sql.RowByRow);
        if (await _isolation.TryAsync(rows.Count, (_, count, token) => rowByRow.InsertAsync(count, token), cancellationToken) is { } written)
        {
            _rejected.AddRange(rowByRow.Rejected);
            return written;
        }

        // A policy's refusal, which only shows outside of PostgreSQL.
        return await _isolation.SendAsync(0, rows.Count, MergeRunAsync, cancellationToken);
    }

    private async Task<int> CopyRunAsync(int first, int count, CancellationToken cancellationToken)
    {
        await CopyStream.SendAsync(connection, sql.Copy, rows, first, count, cancellationToken);
        return count;
    }

    private async Task<int> StageRunAsync(int first, int count, CancellationToken cancellationToken)
    {
        await CopyStream.SendNumberedAsync(connection, sql.Staging.Copy, rows, first, count, cancellationToken);
        return count;
    }

    private async Task<int> MergeRunAsync(int first, int count, CancellationToken cancellationToken)
    {
        await using var merge = new NpgsqlCommand(sql.Merge, connection, transaction)
        {
            Parameters = { new() { Value = first }, new() { Value = first + count } },
        };
        return await merge.ExecuteNonQueryAsync(cancellationToken);
    }
}
