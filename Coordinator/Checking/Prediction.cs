namespace Migration.Coordinator.Checking;

/// <summary>Records that would be quarantined for one cause.</summary>
/// <param name="Cause">The fingerprint that <c>failures</c> would group them by.</param>
/// <param name="Stage">As in quarantine: <c>read</c>, <c>map</c> or <c>write</c>.</param>
/// <param name="Column">Null where no column is at fault.</param>
/// <param name="Message">Of the first such record.</param>
/// <param name="ExampleId">Its <c>_id</c> as canonical extended JSON; null where it cannot be read.</param>
/// <param name="Seen">Counted among the records that were tried.</param>
/// <param name="Records">Of the whole collection: the count, or the share of the sample extrapolated.</param>
internal sealed record PredictedRejects(
    string Cause, string Stage, string? Column, string? SqlState, string Message, string? ExampleId, long Seen, long Records);

/// <summary>What would become of a collection, from documents that went through the real mapping.</summary>
/// <param name="Records">Of the collection, counted, the filter applied.</param>
/// <param name="Tried">Those that went through the mapping.</param>
/// <param name="IsEstimate">True where not all were tried.</param>
/// <param name="Rejects">The most frequent first.</param>
/// <param name="MaxQuarantined">More pause the collection.</param>
/// <param name="Warnings">Sentences for the user.</param>
internal sealed record CollectionPrediction(
    string Name, string Table, string Source, long Records, long Tried, bool IsEstimate,
    IReadOnlyList<PredictedRejects> Rejects, long MaxQuarantined, IReadOnlyList<string> Warnings)
{
    public long Rejected => Rejects.Sum(reject => reject.Records);

    /// <summary>The run would stop short of the collection's end.</summary>
    public bool WouldPause => Rejected > MaxQuarantined;
}
