using Migration.Contracts.Ledger;

namespace Migration.Worker.Suspects;

/// <summary>Finds where to cut what is left of a slice into parts of about the same size, by reading nothing but raw pages.</summary>
internal sealed class SliceCuts(PageReader pages)
{
    /// <summary>
    /// Into so many. Of the parts one takes its worker down again, so the deaths until a record is alone are the
    /// logarithm to this base: 4 for 1,000 records, where halves would cost 10.
    /// </summary>
    private const int Parts = 8;

    /// <returns>In order; a single one when a single record is left, none when none is.</returns>
    public async Task<IReadOnlyList<SlicePart>> FindAsync(SliceClaim claim, Pulse pulse, CancellationToken cancellationToken)
    {
        // Counted, not taken from the plan: on a source that was written to since, the two differ, and parts that are sized
        // by the wrong one do not shrink.
        for (var left = await CountAsync(claim, cancellationToken); ; left /= 2)
        {
            var size = (int)Math.Clamp((left + Parts - 1) / Parts, 1, int.MaxValue);
            var parts = await ReadAsync(claim, size, pulse, cancellationToken);
            if (parts is not [{ Count: > 1 }])
                return WithLimits(claim, parts);
        }
    }

    /// <summary>About: the record at the checkpoint, where it is still there, is counted once too often.</summary>
    private Task<long> CountAsync(SliceClaim claim, CancellationToken cancellationToken)
        => pages.Source.CountAsync(claim.Range with { First = claim.Checkpoint ?? claim.Range.First }, cancellationToken);

    private async Task<List<Part>> ReadAsync(SliceClaim claim, int size, Pulse pulse, CancellationToken cancellationToken)
    {
        var parts = new List<Part>();
        var after = claim.Checkpoint;
        while (parts.Count < Parts - 1 && await ReadAsync(claim, after, size, pulse, cancellationToken) is { } part)
        {
            parts.Add(part);
            after = part.Last;
        }

        // What is left over, if anything is, ends where the slice ends.
        if (parts.Count == Parts - 1 && await ReadAsync(claim, after, 1, pulse, cancellationToken) is { } rest)
            parts.Add(rest with { Last = claim.Range.Last });
        return parts;
    }

    /// <summary>The limits are the plan's; the last part takes what is left of them.</summary>
    private static List<SlicePart> WithLimits(SliceClaim claim, List<Part> parts)
    {
        var left = claim.Remaining;
        var result = new List<SlicePart>(parts.Count);
        foreach (var part in parts)
        {
            var isLast = result.Count == parts.Count - 1;
            var limit = isLast ? left : Math.Clamp(part.Count, 0, left);
            result.Add(new SlicePart(part.First, isLast ? claim.Range.Last : part.Last, limit));
            left -= limit;
        }

        return result;
    }

    /// <summary>The next records up to <paramref name="count"/>; null when there is none.</summary>
    private async Task<Part?> ReadAsync(
        SliceClaim claim, RecordPosition? after, int count, Pulse pulse, CancellationToken cancellationToken)
    {
        // One record by itself: only then is the page's end the place of its first record.
        if (await PageAsync(claim, after, 1, pulse, cancellationToken) is not ({ } first, _, var isFinal))
            return null;
        var (last, read) = (first, 1L);
        while (read < count && !isFinal && await PageAsync(claim, last, (int)(count - read), pulse, cancellationToken) is var (end, records, final))
        {
            (last, isFinal) = (end, final);
            read += records;
        }

        return new Part(first, last, read);
    }

    private async Task<(RecordPosition Last, int Records, bool IsFinal)?> PageAsync(
        SliceClaim claim, RecordPosition? after, int count, Pulse pulse, CancellationToken cancellationToken)
    {
        using var page = await pages.ReadAsync(claim, after, count, pulse, cancellationToken);
        return page.Records.Count == 0 ? null : (page.Last, page.Records.Count, page.IsFinal);
    }

    private sealed record Part(RecordPosition First, RecordPosition Last, long Count);
}
