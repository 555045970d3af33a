using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>
/// Writes batches of records into the tables of a collection with children, inside the caller's transaction; commits nothing
/// itself. Slices share it.
/// </summary>
/// <remarks>
/// <para>A record is whole or not at all: an attempt sends the rows of some records to every table, parents first, and what
/// PostgreSQL refuses of one of them refuses the record (<see cref="RowIsolation"/>).</para>
/// <para>Whether a record is written shows at its own row: with <see cref="ConflictAction.Skip"/>, and where a trigger drops
/// the row, its children are not sent; with <see cref="ConflictAction.Overwrite"/> they take the place of those that the
/// tables hold.</para>
/// </remarks>
internal sealed class RecordWriter(CollectionMapping mapping)
{
    private readonly RecordSql _sql = new(mapping);

    /// <summary>Whether a trigger may drop the collection's own rows without an error. Asked by the first batch.</summary>
    private volatile object? _mayDropRows;

    /// <summary>Writes every record that PostgreSQL takes, and tells of the others why not.</summary>
    /// <returns>Records, not rows.</returns>
    /// <exception cref="NpgsqlException">
    /// Anything that is not a record's fault (see <see cref="PostgresErrors.IsRowFault"/>); the transaction is lost then.
    /// </exception>
    public async Task<WriteOutcome> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, RowBuffer rows, ChildRows children, CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return new WriteOutcome(0, 0, []);
        var mayDropRows = (bool)(_mayDropRows ??= await MayDropRowsAsync(connection, transaction, cancellationToken));
        var batch = new RecordBatch(_sql, connection, transaction, rows, children);
        var written = await batch.WriteAsync(mapping.OnConflict == ConflictAction.Fail && !mayDropRows, cancellationToken);
        var rejected = batch.Rejected.OrderBy(record => record.Row).ToList();
        return new WriteOutcome(written, rows.Count - rejected.Count - written, rejected);
    }

    private async Task<object> MayDropRowsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_sql.Parent.Traits, connection, transaction);
        return (await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
