using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>
/// Writes batches of rows into one table, inside the caller's transaction; commits nothing itself. Slices share it.
/// </summary>
/// <remarks>
/// With <see cref="ConflictAction.Fail"/> rows go straight into the table by COPY. Otherwise, and where a trigger may drop
/// rows, COPY fills a temporary table and one statement merges it.
/// </remarks>
internal sealed class TableWriter(CollectionMapping mapping)
{
    private readonly TableSql _sql = new(mapping);

    /// <summary>Asked of the first batch; slices that ask at a time get the same answer, and an int is written whole.</summary>
    private Way _way = mapping.OnConflict == ConflictAction.Fail ? Way.Unknown : Way.Merge;

    private enum Way
    {
        Unknown,
        Copy,
        Merge,
    }

    /// <summary>Writes every row that PostgreSQL takes, and tells of the others why not.</summary>
    /// <exception cref="NpgsqlException">
    /// Anything that is not a row's fault (see <see cref="PostgresErrors.IsRowFault"/>); the transaction is lost then.
    /// </exception>
    public async Task<WriteOutcome> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, RowBuffer rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return new WriteOutcome(0, 0, []);
        var isolation = new RowIsolation(connection, transaction);
        if (_way == Way.Unknown) _way = await FindWayAsync(connection, transaction, cancellationToken);
        var written = _way == Way.Merge
            ? await MergeAsync(connection, transaction, isolation, rows, cancellationToken)
            : await CopyAsync(connection, isolation, rows, cancellationToken);
        var rejected = isolation.Rejected.OrderBy(r => r.Row).ToList();
        return new WriteOutcome(written, rows.Count - rejected.Count - written, rejected);
    }

    private async Task<Way> FindWayAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_sql.HasDroppingTrigger, connection, transaction);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))! ? Way.Merge : Way.Copy;
    }

    private async Task<int> CopyAsync(
        NpgsqlConnection connection, RowIsolation isolation, RowBuffer rows, CancellationToken cancellationToken)
    {
        await isolation.BeginAsync(null, cancellationToken);
        return await isolation.SendAsync(0, rows.Count, CopyRunAsync, cancellationToken);

        async Task<int> CopyRunAsync(int first, int count, CancellationToken token)
        {
            await CopyStream.SendAsync(connection, _sql.Copy, rows, first, count, token);
            return count;
        }
    }

    private async Task<int> MergeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, RowIsolation isolation, RowBuffer rows,
        CancellationToken cancellationToken)
    {
        await isolation.BeginAsync(_sql.PrepareStaging, cancellationToken);
        await isolation.SendAsync(0, rows.Count, StageRunAsync, cancellationToken);
        await isolation.KeepAsync(cancellationToken);
        return await isolation.SendAsync(0, rows.Count, MergeRunAsync, cancellationToken);

        async Task<int> StageRunAsync(int first, int count, CancellationToken token)
        {
            await CopyStream.SendNumberedAsync(connection, _sql.CopyToStaging, rows, first, count, token);
            return count;
        }

        async Task<int> MergeRunAsync(int first, int count, CancellationToken token)
        {
            await using var merge = new NpgsqlCommand(_sql.Merge, connection, transaction)
            {
                Parameters = { new() { Value = first }, new() { Value = first + count } },
            };
            return await merge.ExecuteNonQueryAsync(token);
        }
    }
}
