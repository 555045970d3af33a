namespace Migration.Contracts.Ledger;

/// <summary>A record that could not be migrated, kept whole with the reason.</summary>
/// <param name="RecordId"><c>_id</c> as canonical extended JSON; null when it could not be read.</param>
/// <param name="Document">The bytes as they were read.</param>
/// <param name="DocumentJson">Canonical extended JSON; null when the bytes are not a document.</param>
/// <param name="Stage"><c>read</c>, <c>map</c>, <c>enrich</c> or <c>write</c>.</param>
/// <param name="Fingerprint">The same for the same cause; see <see cref="CauseFingerprint"/>.</param>
/// <param name="Exception">The type of what was thrown, where no SQLSTATE says it.</param>
public sealed record QuarantinedRecord(
    string? RecordId, ReadOnlyMemory<byte> Document, string? DocumentJson, string Stage, string? Column,
    string? SqlState, string Message, string Fingerprint, string? Exception = null);
