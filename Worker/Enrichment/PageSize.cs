using Migration.Worker.Enrichment.Calls;

namespace Migration.Worker.Enrichment;

/// <summary>
/// Records that a page of an enriched collection has: about a second's work, by the time that the page before took. Slow
/// outside work makes small pages, of which a kill loses little; lookups in memory make pages as large as without enrichment.
/// The first holds as many calls as tell that a service cannot be used at all (<see cref="FirstCalls"/>): none of its records
/// is then given up.
/// </summary>
internal sealed class PageSize(int slots, int groupSize, int mostRecords)
{
    private readonly int _least = Math.Min(Math.Max(groupSize, slots / 4), Math.Max(groupSize, mostRecords));

    public int Records { get; private set; } = Math.Min(Math.Max(FirstCalls.Most * groupSize, slots / 4), Math.Max(groupSize, mostRecords));

    /// <param name="secondsOfGroup">The mean, from a group's start to its end.</param>
    public void Learn(double secondsOfGroup)
    {
        var aSecond = secondsOfGroup <= 0 ? mostRecords : Math.Min(mostRecords, slots / secondsOfGroup);

        // At most twice the one before: one quick answer is no measure.
        var records = (int)Math.Clamp(aSecond, _least, Math.Max(_least, 2.0 * Records));
        Records = Math.Max(_least, records / groupSize * groupSize);
    }
}
