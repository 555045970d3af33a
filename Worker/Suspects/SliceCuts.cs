using Migration.Contracts.Ledger;
using Migration.Worker.Sources;

namespace Migration.Worker.Suspects;

/// <summary>Finds where to cut what is left of a slice into parts of about the same size, by reading nothing but raw pages.</summary>
internal sealed class SliceCuts(ICollectionSource source, int batchBytes)
{
    /// <summary>
    /// Into so many. Of the parts one takes its worker down again, so the deaths until a record is alone are the
    /// logarithm to this base: 4 for 1,000 records, where halves would cost 10.
    /// </summary>
    private const int Parts = 8;

    /// <returns>In order; a single one when a single record is left, none when none is.</returns>
    public async Task<IReadOnlyList<SlicePart>> FindAsync(SliceClaim claim, CancellationToken cancellationToken)
    {
        var size = (int)Math.Clamp((claim.Remaining + Parts - 1) / Parts, 1, int.MaxValue);
        var parts = new List<(RecordPosition First, RecordPosition Last, long Count)>();
        var after = claim.Checkpoint;
        while (parts.Count < Parts - 1 && await ReadAsync(claim, after, size, cancellationToken) is { } part)
        {
            parts.Add(part);
            after = part.Last;
        }

        // What is left over, if anything is, ends where the slice ends.
        if (parts.Count == Parts - 1 && await ReadAsync(claim, after, 1, cancellationToken) is { } rest)
            parts.Add((rest.First, claim.Range.Last, claim.Remaining - parts.Sum(p => p.Count)));
        return WithLimits(claim, parts);
    }

    /// <summary>The limits are the plan's: on a source that was written to since, records and plan may differ.</summary>
    private static List<SlicePart> WithLimits(SliceClaim claim, List<(RecordPosition First, RecordPosition Last, long Count)> parts)
    {
        var left = claim.Remaining;
        var result = new List<SlicePart>(parts.Count);
        foreach (var (first, last, count) in parts)
        {
            var isLast = result.Count == parts.Count - 1;
            var limit = isLast ? left : Math.Clamp(count, 0, left);
            result.Add(new SlicePart(first, isLast ? claim.Range.Last : last, limit));
            left -= limit;
        }

        return result;
    }

    /// <summary>The next records up to <paramref name="count"/>; null when there is none.</summary>
    private async Task<(RecordPosition First, RecordPosition Last, long Count)?> ReadAsync(
        SliceClaim claim, RecordPosition? after, int count, CancellationToken cancellationToken)
    {
        // One record by itself: only then is the page's end the place of its first record.
        if (await PageAsync(claim, after, 1, cancellationToken) is not ({ } first, _, var isFinal))
            return null;
        var (last, read) = (first, 1L);
        while (read < count && !isFinal && await PageAsync(claim, last, (int)(count - read), cancellationToken) is var (end, records, final))
        {
            (last, isFinal) = (end, final);
            read += records;
        }

        return (first, last, read);
    }

    private async Task<(RecordPosition Last, int Records, bool IsFinal)?> PageAsync(
        SliceClaim claim, RecordPosition? after, int count, CancellationToken cancellationToken)
    {
        using var page = await source.ReadPageAsync(claim.Range, after, count, batchBytes, cancellationToken);
        return page.Records.Count == 0 ? null : (page.Last, page.Records.Count, page.IsFinal);
    }
}
