using Migration.Contracts.Ledger;

namespace Migration.Coordinator.Failures;

/// <summary>Failures that have something in common: a cause, a collection, a column or a slice.</summary>
/// <param name="Causes">Fingerprints, each to be given to <c>replay --cause</c>.</param>
/// <param name="Slice">The slice, where failures are grouped by it; of slices that gave up else one of them.</param>
/// <param name="Count">Records, or slices.</param>
/// <param name="Message">Of the largest cause.</param>
/// <param name="SampleId">The <c>_id</c> of a record as canonical extended JSON.</param>
/// <param name="SampleDocument">Its document as canonical extended JSON, or the beginning of it.</param>
/// <param name="SampleDocumentLength">Characters of the whole document.</param>
/// <param name="Quarantine">The sample's <c>id</c> in the table <c>migration.quarantine</c>.</param>
internal sealed record FailureGroup(
    IReadOnlyList<string> Causes, string Collection, string? Stage, string? Column, string? SqlState, string? Exception, int? Slice,
    long Count, DateTimeOffset First, DateTimeOffset Last, string Message, string? SampleId, string? SampleDocument,
    int SampleDocumentLength, long? Quarantine)
{
    public static FailureGroup Of(FailedRecords f) => new(
        [f.Fingerprint], f.Collection, f.Stage, f.Column, f.SqlState, f.Exception, f.Slice, f.Count, f.First, f.Last, f.Message,
        f.RecordId, f.Document, f.DocumentLength, f.SampleId);

    public static FailureGroup Of(FailedSlices f, bool bySlice) => new(
        f.Fingerprint is { } cause ? [cause] : [], f.Collection, null, null, null, null, f.SampleSlice, f.Count, f.First, f.Last,
        bySlice || f.Count == 1 ? $"{f.Read:N0} of {f.Records:N0} records read, {f.SampleAttempts} attempts: {f.Error}" : f.Error,
        null, null, 0, null);

    /// <summary>The first, which is the largest, stands for all; what differs between them is left out.</summary>
    public static FailureGroup Merge(IEnumerable<FailureGroup> groups)
    {
        var all = groups.ToList();
        return all.Count == 1 ? all[0] : all[0] with
        {
            Causes = [.. all.SelectMany(group => group.Causes).Distinct()],
            Stage = Same(all, group => group.Stage),
            Column = Same(all, group => group.Column),
            SqlState = Same(all, group => group.SqlState),
            Exception = Same(all, group => group.Exception),
            Count = all.Sum(group => group.Count),
            First = all.Min(group => group.First),
            Last = all.Max(group => group.Last),
        };
    }

    private static string? Same(List<FailureGroup> groups, Func<FailureGroup, string?> value)
        => groups.Select(value).Distinct().Count() == 1 ? value(groups[0]) : null;
}
