namespace Migration.Worker.Enrichment;

/// <summary>A step of enrichment at work. Slices share it, and call it at a time.</summary>
internal interface IRowStep : IDisposable
{
    /// <summary>Rows that it takes at a time at most.</summary>
    int Batch { get; }

    /// <summary>Gives the rows their values, or refuses them one by one.</summary>
    /// <param name="rows">Records, or where it fills a child's table rows of one or more records in it.</param>
    /// <exception cref="UserException">What it needs is not there at all: no record's fault, and the next one would not fare better.</exception>
    Task EnrichAsync(IReadOnlyList<EnrichedRow> rows, CancellationToken cancellationToken);
}
