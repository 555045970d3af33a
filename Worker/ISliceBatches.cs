namespace Migration.Worker;

/// <summary>The records of a slice as batches that are ready to be written, in key order. For one reader.</summary>
internal interface ISliceBatches : IAsyncDisposable
{
    /// <summary>The batch after the last one, which is valid until the next call.</summary>
    /// <returns>Null when it was asked to stop and no batch is ready that would be the next.</returns>
    Task<MappedBatch?> NextAsync(CancellationToken cancellationToken);

    /// <summary>Takes no further records; what is in hand may still come out.</summary>
    void Stop();
}
