namespace Migration.Contracts.Ledger;

/// <summary>Records that stand in quarantine for one cause.</summary>
/// <param name="Fingerprint">What a replay of them is asked for by.</param>
/// <param name="Slice">Where causes were asked for by slice; else null.</param>
/// <param name="First">When the first of them failed for this cause.</param>
/// <param name="SampleId">One of them in the table <c>migration.quarantine</c>.</param>
/// <param name="RecordId">Its <c>_id</c> as canonical extended JSON; null where it could not be read.</param>
/// <param name="Document">Its document as canonical extended JSON, or the beginning of it; null where it is none.</param>
/// <param name="DocumentLength">Characters of the whole.</param>
public sealed record FailedRecords(
    string Fingerprint, string Collection, string Stage, string? Column, int? Slice, string? SqlState, string? Exception,
    long Count, DateTimeOffset First, DateTimeOffset Last, string Message, long SampleId, string? RecordId,
    string? Document, int DocumentLength);

/// <summary>Slices that gave up for one cause.</summary>
/// <param name="Fingerprint">What a replay of them is asked for by; null where nothing was noted.</param>
/// <param name="SampleSlice">One of them: its number, or the one slice where they were asked for by slice.</param>
/// <param name="Records">Planned in all of them.</param>
/// <param name="Read">Of these, those that have their outcome.</param>
public sealed record FailedSlices(
    string? Fingerprint, string Collection, long Count, long Records, long Read, DateTimeOffset First, DateTimeOffset Last,
    string Error, int SampleSlice, long SampleOffset, long SampleLimit, int SampleAttempts);

/// <summary>A collection whose slices are not given away.</summary>
public sealed record PausedCollection(string Name, DateTimeOffset PausedAt, string Reason);
