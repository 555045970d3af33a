using System.Runtime.CompilerServices;
using Migration.Worker;
using Migration.Worker.Sources;

namespace Migration.Coordinator.Sampling;

/// <summary>
/// Reads about so many records of a collection, spread over its whole key range: documents change their shape over the
/// years, and keys their type.
/// </summary>
/// <remarks>
/// <para>The keys are walked once, as a plan does, which also counts them. The walk ends a slice with each type bracket, so that
/// no type of <c>_id</c> is missed, however few have it. Of each slice that is looked at, the first records are read and
/// the last one, so that the newest record of a collection is always seen.</para>
/// <para>Of slices a few hundred are kept, however far the estimate of their number was off.</para>
/// </remarks>
/// <param name="wanted">Records to read, about.</param>
/// <param name="throttle">Spares the source, keys and records; null for none.</param>
/// <param name="walked">Is told how many keys were walked, and of about how many.</param>
internal sealed class SpreadSample(ICollectionSource source, int wanted, SourceThrottle? throttle = null, Action<long, long>? walked = null)
{
    /// <summary>Places in the key range that are looked at: one or two requests each.</summary>
    private const int Places = 250;

    private const int PageRecords = 500;
    private const int PageBytes = 4 * 1024 * 1024;

    /// <summary>How many records there are: counted, not estimated. 0 until the walk is over.</summary>
    public long Total { get; private set; }

    /// <summary>The caller disposes of each page.</summary>
    /// <exception cref="SourceException">The source cannot be read.</exception>
    public async IAsyncEnumerable<SourcePage> PagesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var slices = await CutAsync(cancellationToken);
        Total = slices.Sum(slice => slice.Limit);
        var chosen = Choose(slices, Total <= wanted ? slices.Count : Math.Min(Places, wanted));
        var quota = Total <= wanted ? long.MaxValue : (wanted + chosen.Count - 1) / Math.Max(1, chosen.Count);
        foreach (var slice in chosen)
        {
            await foreach (var page in ReadAsync(slice, quota, cancellationToken))
                yield return page;
        }
    }

    private async Task<IReadOnlyList<CutSlice>> CutAsync(CancellationToken cancellationToken)
    {
        var slices = await CutAsync(await source.EstimateCountAsync(cancellationToken), cancellationToken);
        var counted = slices.Sum(slice => slice.Limit);

        // A filter that lets little through leaves too few places; the walk has told how many records there really are.
        return slices.Count < Places / 4 && counted > wanted ? await CutAsync(counted, cancellationToken) : slices;
    }

    private async Task<IReadOnlyList<CutSlice>> CutAsync(long records, CancellationToken cancellationToken)
    {
        // The walk pauses between slices: none is longer than what a second allows.
        var ofSlice = (int)Math.Clamp(records / Places, 1, throttle?.Most(int.MaxValue) ?? int.MaxValue);
        var (slices, keys) = (new CoarseSlices(Places, ofSlice), 0L);
        await foreach (var slice in source.CutAsync(ofSlice, cancellationToken))
        {
            slices.Add(slice);
            walked?.Invoke(keys += slice.Limit, records);
            await PayAsync(slice.Limit, cancellationToken);
        }

        return slices.Slices;
    }

    private Task PayAsync(long records, CancellationToken cancellationToken)
    {
        throttle?.Charge((int)Math.Min(records, int.MaxValue));
        return throttle?.WaitAsync(cancellationToken) ?? Task.CompletedTask;
    }

    /// <summary>Evenly spaced, with the last one, and at least one of each type bracket.</summary>
    private static List<CutSlice> Choose(IReadOnlyList<CutSlice> slices, int most)
    {
        var even = Enumerable.Range(1, Math.Min(most, slices.Count))
            .Select(place => (int)((long)place * slices.Count / Math.Min(most, slices.Count)) - 1);
        var firsts = slices.Select((slice, index) => (slice.Range.Bracket, index)).DistinctBy(slice => slice.Bracket).Select(slice => slice.index);
        return [.. even.Union(firsts).Order().Select(index => slices[index])];
    }

    private async IAsyncEnumerable<SourcePage> ReadAsync(
        CutSlice slice, long quota, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var wantsLast = slice.Limit > quota;
        var left = wantsLast && quota > 1 ? quota - 1 : quota;
        var after = default(Contracts.Ledger.RecordPosition?);
        while (left > 0)
        {
            var page = await source.ReadPageAsync(slice.Range, after, Most(left), PageBytes, cancellationToken);
            var read = page.Records.Count;
            (left, after) = page.IsFinal || read == 0 ? (0, page.Last) : (left - read, page.Last);
            yield return page;
            await PayAsync(read, cancellationToken);
        }

        if (wantsLast && quota > 1)
            yield return await source.ReadPageAsync(slice.Range with { First = slice.Range.Last }, null, 1, PageBytes, cancellationToken);
    }

    private int Most(long left)
    {
        var most = (int)Math.Min(left, PageRecords);
        return throttle?.Most(most) ?? most;
    }
}
