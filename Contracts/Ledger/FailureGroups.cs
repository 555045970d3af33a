namespace Migration.Contracts.Ledger;

/// <summary>What failures are grouped by.</summary>
public enum FailureGrouping
{
    /// <summary>One fingerprint of one collection.</summary>
    Cause,

    /// <summary>One collection, whatever the causes.</summary>
    Collection,

    /// <summary>One column of one collection. Slices have no column and are grouped by cause.</summary>
    Column,

    /// <summary>One slice of one collection.</summary>
    Slice,
}

/// <summary>The largest groups, and how much there is in all.</summary>
/// <param name="Groups">The largest first.</param>
/// <param name="More">Groups beyond these.</param>
/// <param name="Total">Records or slices in all groups, these and the others.</param>
public sealed record FailureGroups<T>(IReadOnlyList<T> Groups, long More, long Total);

/// <summary>
/// Records in quarantine that belong together. From <paramref name="Stage"/> on it tells of one of them, an example of the
/// most frequent cause; grouped by cause, stage, column and SQLSTATE are those of all.
/// </summary>
/// <param name="Count">Records.</param>
/// <param name="FirstAt">When the first of them was quarantined, by the database's clock.</param>
/// <param name="Causes">Different fingerprints.</param>
/// <param name="Fingerprints">Of the causes, the most frequent first, at most <see cref="FailureLedger.MostFingerprints"/>.</param>
/// <param name="Slice">The example's slice.</param>
/// <param name="RecordId"><c>_id</c> as canonical extended JSON; null when it could not be read.</param>
/// <param name="QuarantineId">The example's <c>id</c> in <c>migration.quarantine</c>.</param>
/// <param name="DocumentBytes">Size of the document as it was read.</param>
/// <param name="DocumentStart">The first <see cref="FailureLedger.PreviewLength"/> characters of it as JSON; null where the bytes are no document.</param>
public sealed record QuarantineGroup(
    string Collection, long Count, DateTimeOffset FirstAt, DateTimeOffset LastAt, long Causes, IReadOnlyList<string> Fingerprints,
    string Stage, string? Column, string? SqlState, string? Exception, string Message, int Slice, string? RecordId,
    long QuarantineId, long DocumentBytes, string? DocumentStart);

/// <summary>
/// Slices that gave up and belong together. From <paramref name="Error"/> on it tells of one of them, an example of the
/// most frequent cause.
/// </summary>
/// <param name="Count">Slices.</param>
/// <param name="FirstAt">When the first of them gave up, by the database's clock.</param>
/// <param name="Causes">Different fingerprints.</param>
/// <param name="Fingerprints">Of the causes, the most frequent first, at most <see cref="FailureLedger.MostFingerprints"/>.</param>
/// <param name="RecordsLeft">Planned records of all of them that have no outcome yet.</param>
/// <param name="Slice">The example's number.</param>
/// <param name="Attempts">The example's.</param>
public sealed record FailedSliceGroup(
    string Collection, long Count, DateTimeOffset FirstAt, DateTimeOffset LastAt, long Causes, IReadOnlyList<string> Fingerprints,
    long RecordsLeft, string Error, int Slice, int Attempts);

/// <summary>A collection whose slices are not given away.</summary>
public sealed record PausedCollection(string Collection, DateTimeOffset PausedAt, string Reason);
