namespace Migration.Worker.Enrichment.Rehosting;

/// <summary>Where contents go. A key is made of its content, so what is there under it is the same.</summary>
internal interface IObjectStore : IDisposable
{
    /// <summary>Folder, or endpoint and bucket with prefix: what the ledger and messages call it.</summary>
    string Name { get; }

    /// <summary>Stores the content unless it is there.</summary>
    /// <returns>Null, or why this content could not be stored, without a full stop.</returns>
    /// <exception cref="UserException">The store cannot be used.</exception>
    Task<string?> StoreAsync(Content content, CancellationToken cancellationToken);
}
