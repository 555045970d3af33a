using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker;

/// <summary>What the documents of a collection become, and where they go.</summary>
/// <param name="enrichment">Null where a record's way ends with mapping: the collection has none, or rows are only looked at.</param>
internal class CollectionRows(CollectionMapping mapping, RowEnrichment? enrichment = null)
{
    private readonly TableWriter _writer = new(mapping);
    private readonly RecordWriter? _records = mapping.Children is null ? null : new(mapping);

    public CollectionMapping Mapping { get; } = mapping;

    public RecordMapper Mapper { get; } = new(mapping);

    public RowEnrichment? Enrichment { get; } = enrichment;

    /// <summary>Whether rows may go to PostgreSQL as they are mapped, with nobody keeping them.</summary>
    public bool MayStream => _records is null && Enrichment is null && _writer.MayStream;

    /// <inheritdoc cref="TableWriter.StreamAsync"/>
    public Task StreamAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Func<Func<RowBuffer, Task>, CancellationToken, Task> feed,
        CancellationToken cancellationToken)
        => _writer.StreamAsync(connection, transaction, feed, cancellationToken);

    /// <inheritdoc cref="TableWriter.Streamed"/>
    public void Streamed() => _writer.Streamed();

    /// <inheritdoc cref="TableWriter.StreamFailed"/>
    public void StreamFailed() => _writer.StreamFailed();

    /// <summary>Writes every record of the batch that PostgreSQL takes, within the caller's transaction, and tells of the others why not.</summary>
    /// <exception cref="NpgsqlException">Anything that is no record's fault; the transaction is lost then.</exception>
    public Task<WriteOutcome> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, MappedBatch batch, CancellationToken cancellationToken)
        => _records is null
            ? _writer.WriteAsync(connection, transaction, batch.Rows, cancellationToken)
            : _records.WriteAsync(connection, transaction, batch.Rows, batch.Children!, cancellationToken);
}
