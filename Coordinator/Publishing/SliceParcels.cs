using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;

namespace Migration.Coordinator.Publishing;

/// <summary>
/// Which slices go by one message: small ones that follow each other, of a collection whose rows go to PostgreSQL as they are
/// mapped. A message, a claim, a COPY and a commit cost as much as a thousand rows, and so much for each slice is much.
/// </summary>
/// <param name="workers">That the run is planned for.</param>
internal sealed class SliceParcels(MigrationFile file, int workers)
{
    /// <summary>More are worth a message of their own.</summary>
    private const long SmallRecords = 10_000;

    /// <summary>Of one message, for what is in one worker's hands is in nobody else's.</summary>
    private const long MostRecords = 50_000;
    private const int MostSlices = 100;

    /// <summary>Messages for each place where one can be worked on, so that no place idles while the last ones are.</summary>
    private const int MessagesPerPlace = 8;

    /// <summary>Of mapping alone, which is the least of the work; slices whose records take longer have messages of their own.</summary>
    private const double MostSeconds = 1;

    /// <summary>Slices that one message may ask for.</summary>
    /// <param name="waiting">Slices of the collection that wait, and their records.</param>
    public int MostOf(PlannedCollection collection, (long Slices, long Records) waiting)
    {
        ArgumentNullException.ThrowIfNull(collection);
        if (file.Collections.SingleOrDefault(mapping => mapping.Name == collection.Name) is not { } mapping || !IsStreamed(mapping))
            return 1;
        if (file.Slices.PerMessage is { } asked)
            return asked;
        var records = waiting.Records / Math.Max(1.0, waiting.Slices);
        var byTime = MostSeconds / Math.Max(records * (collection.SecondsPerRecord ?? 0), 1e-9);
        var byBalance = waiting.Slices / Math.Max(1, workers * file.Worker.Slices * MessagesPerPlace);
        return (int)Math.Clamp(Math.Min(byTime, byBalance), 1, MostSlices);
    }

    /// <summary>In order, each slice in one of them.</summary>
    /// <param name="slices">In the order of their numbers.</param>
    public static IReadOnlyList<IReadOnlyList<PendingSlice>> Pack(IReadOnlyList<PendingSlice> slices, int most)
    {
        var parcels = new List<List<PendingSlice>>();
        foreach (var slice in slices)
        {
            if (parcels.Count > 0 && Fits(parcels[^1], slice, most))
                parcels[^1].Add(slice);
            else
                parcels.Add([slice]);
        }

        return parcels;
    }

    private static bool Fits(List<PendingSlice> parcel, PendingSlice slice, int most)
        => parcel.Count < most && parcel[^1].Id.Number + 1 == slice.Id.Number && parcel[^1].Offset + parcel[^1].Limit == slice.Offset
        && parcel[0].Limit <= SmallRecords && slice.Limit <= SmallRecords && slice.Offset + slice.Limit - parcel[0].Offset <= MostRecords;

    private static bool IsStreamed(CollectionMapping mapping)
        => mapping.OnConflict == ConflictAction.Fail && mapping.Enrichment.Count == 0 && mapping.Children is null;
}
