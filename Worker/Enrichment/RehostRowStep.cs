using System.Collections.Concurrent;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Enrichment.Rehosting;

namespace Migration.Worker.Enrichment;

/// <summary>
/// Copies what links lead to into a store and puts the new links in their place. A link is fetched once a run: in this
/// process by a cache that those who come at a time wait at, and between processes by the ledger.
/// </summary>
internal sealed class RehostRowStep : IRowStep
{
    /// <summary>Links that the cache remembers; beyond, the ledger does.</summary>
    private const int MostRemembered = 100_000;

    /// <summary>Of an array.</summary>
    private const int LinksAtATime = 4;

    private readonly RehostStep _step;
    private readonly string _by;
    private readonly IObjectStore _store;
    private readonly Downloader _downloader;
    private readonly RehostLedger _ledger;
    private readonly EnrichmentServices _services;
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<Outcome>>> _links = new(StringComparer.Ordinal);

    /// <exception cref="MigrationFileException">A placeholder has no value here.</exception>
    public RehostRowStep(RehostStep step, EnrichmentServices services)
    {
        (_step, _services) = (step, services);
        _by = FormattableString.Invariant($"The rehost step of line {step.Line}");
        _store = step.Store.Folder is { } folder ? new FolderStore(folder) : new BucketStore(step.Store, services);
        _downloader = new Downloader(step, services);
        _ledger = new RehostLedger(services.Target, services.RunId, _store.Name);
    }

    public int Batch => 1;

    public async Task EnrichAsync(IReadOnlyList<EnrichedRecord> records, CancellationToken cancellationToken)
    {
        foreach (var column in _step.Columns)
            await EnrichAsync(records[0], column, cancellationToken);
    }

    public void Dispose()
    {
        _end.Cancel();
        _downloader.Dispose();
        _store.Dispose();
    }

    private async Task EnrichAsync(EnrichedRecord record, string column, CancellationToken cancellationToken)
    {
        if (record.GetOfChild(column) is { } elements)
        {
            await EnrichElementsAsync(record, column, elements, cancellationToken);
            return;
        }

        switch (record.Get(column))
        {
            case string link:
                record.Set(column, await RehostAsync(record, column, link, cancellationToken), _by);
                break;
            case object?[] links:
                record.Set(column, await RehostAllAsync(record, column, links, cancellationToken), _by);
                break;
            default:
                break;
        }
    }

    /// <summary>Links of all elements as those of one array; an element that has an array of links has it to itself.</summary>
    private async Task EnrichElementsAsync(EnrichedRecord record, string column, IReadOnlyList<object?> elements, CancellationToken cancellationToken)
    {
        object?[] rehosted = [.. await RehostAllAsync(record, column, [.. elements.Select(element => element as string)], cancellationToken)];
        for (var i = 0; i < rehosted.Length; i++)
        {
            if (elements[i] is object?[] links)
                rehosted[i] = await RehostAllAsync(record, column, links, cancellationToken);
        }

        record.SetOfChild(column, rehosted, _by);
    }

    /// <summary>A few at a time: an array may have thousands, and all of them count as one record in flight.</summary>
    private async Task<string?[]> RehostAllAsync(EnrichedRecord record, string column, object?[] links, CancellationToken cancellationToken)
    {
        var rehosted = new List<string?>(links.Length);
        foreach (var some in links.Chunk(LinksAtATime))
            rehosted.AddRange(await Task.WhenAll(some.Select(link => RehostAsync(record, column, link as string, cancellationToken))));
        return [.. rehosted];
    }

    /// <returns>The new link, or what stands in its place.</returns>
    private async Task<string?> RehostAsync(EnrichedRecord record, string column, string? link, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(link))
            return link;
        var (key, problem) = await OnceAsync(link, cancellationToken);
        if (key is not null)
            return _step.Link.Replace("{key}", key, StringComparison.Ordinal);
        if (_step.OnFailure == StepFailureAction.Quarantine)
        {
            // Where the link stands, and not its query, which may hold a signature.
            lock (record)
                record.Refuse(column, null, $"{_by} got {problem} from {Shown(link)}.");
        }

        return _step.OnFailure == StepFailureAction.Null ? null : link;
    }

    /// <summary>Those who wait may give up; the fetching goes on for the others.</summary>
    private async Task<Outcome> OnceAsync(string link, CancellationToken cancellationToken)
    {
        if (_links.Count >= MostRemembered)
            _links.Clear();
        var fetching = _links.GetOrAdd(link, l => new(() => Task.Run(() => FetchAsync(l), CancellationToken.None)));
        try
        {
            var outcome = await fetching.Value.WaitAsync(cancellationToken);
            if (outcome.MayPass)
                _links.TryRemove(new(link, fetching));
            return outcome;
        }
        catch when (fetching.Value.IsFaulted || fetching.Value.IsCanceled)
        {
            // The next record tries again instead of meeting this failure for ever.
            _links.TryRemove(new(link, fetching));
            throw;
        }
    }

    private async Task<Outcome> FetchAsync(string link)
    {
        if (!Uri.TryCreate(link.Trim(), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return new Outcome(null, "no http:// or https:// address");
        if (await RetryAsync(token => _ledger.FindAsync(link, token)) is { } known)
            return new Outcome(known.Key, null);
        var (content, answer) = await _downloader.FetchAsync(uri, _end.Token);
        if (content is null)
            return new Outcome(null, answer.ToString(), answer.IsTransient);
        await using (content)
        {
            if (await _store.StoreAsync(content, _end.Token) is { } problem)
                return new Outcome(null, problem, MayPass: true);
            await RetryAsync(async token =>
            {
                await _ledger.AddAsync(link, new RehostedContent(content.Key, content.MediaType, content.Length), token);
                return true;
            });
            return new Outcome(content.Key, null);
        }
    }

    private async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> action)
        => await TransientRetry.Create("Noting a link", _services.Logger, _services.Time).ExecuteAsync(async token => await action(token), _end.Token);

    private static string Shown(string link)
    {
        var shown = Uri.TryCreate(link.Trim(), UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https") ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : link;
        return shown.Length <= 200 ? shown : $"{shown[..200]}…";
    }

    /// <param name="MayPass">Asked for again by the next record, for it is not remembered.</param>
    private sealed record Outcome(string? Key, string? Problem, bool MayPass = false)
    {
        public void Deconstruct(out string? key, out string? problem) => (key, problem) = (Key, Problem);
    }
}
