namespace Migration.Worker.Enrichment;

/// <summary>A step of enrichment at work. Slices share it, and call it at a time.</summary>
internal interface IRowStep : IDisposable
{
    /// <summary>Records that it takes at a time at most.</summary>
    int Batch { get; }

    /// <summary>Gives the records their values, or refuses them one by one.</summary>
    /// <exception cref="UserException">What it needs is not there at all: no record's fault, and the next one would not fare better.</exception>
    Task EnrichAsync(IReadOnlyList<EnrichedRecord> records, CancellationToken cancellationToken);
}
