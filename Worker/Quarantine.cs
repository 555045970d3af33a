using Migration.Contracts.Ledger;
using Migration.Worker.Mapping;
using Migration.Worker.Sources;
using MongoDB.Bson;
using MongoDB.Bson.IO;

namespace Migration.Worker;

/// <summary>Makes of a refused record what is kept of it.</summary>
internal static class Quarantine
{
    private static readonly JsonWriterSettings Canonical = new() { OutputMode = JsonOutputMode.CanonicalExtendedJson };

    public static QuarantinedRecord Record(string collection, SourceRecord record, RecordRejection rejection)
    {
        var (id, json) = record.Error is null ? Describe(record.Document) : (null, null);
        var (stage, message) = (Stage(rejection), Message(rejection));
        return new QuarantinedRecord(
            id, record.Document, json, stage, rejection.Column, rejection.SqlState, message,
            Fingerprint(collection, rejection), rejection.Exception);
    }

    public static string Stage(RecordRejection rejection) => rejection.Stage.ToString().ToLowerInvariant();

    public static string Message(RecordRejection rejection) => rejection.Message.Replace("\0", "\\u0000", StringComparison.Ordinal);

    /// <summary>The same for the same cause.</summary>
    public static string Fingerprint(string collection, RecordRejection rejection)
        => CauseFingerprint.OfRecord(
            collection, Stage(rejection), rejection.Column, rejection.SqlState, rejection.Exception, rejection.Message);

    /// <summary>
    /// The document as JSON for people; the bytes beside it are what counts, so a document that cannot be decoded is
    /// kept without. So is one that is nested too deep: writing it would use up the stack and end the process.
    /// </summary>
    private static (string? Id, string? Json) Describe(ReadOnlyMemory<byte> document)
        => (Id(document), IsTooDeep(document.Span) ? null : Decode(document, raw => raw.ToJson(Canonical)));

    /// <summary>Its <c>_id</c> as canonical extended JSON; null when there is none, or none that can be read.</summary>
    public static string? Id(ReadOnlyMemory<byte> document)
        => HasDeepId(document.Span) ? null : Decode(document, raw => raw.TryGetValue("_id", out var id) ? id.ToJson(Canonical) : null);

    private static bool HasDeepId(ReadOnlySpan<byte> document)
        => BsonSpanReader.TryFind(document, "_id"u8, out var type, out var value)
            && type is BsonType.Document or BsonType.Array && IsTooDeep(value);

    private static bool IsTooDeep(ReadOnlySpan<byte> document) => BsonSpanReader.Check(document) == BsonFault.Depth;

    private static string? Decode(ReadOnlyMemory<byte> document, Func<RawBsonDocument, string?> read)
    {
        try
        {
            using var raw = new RawBsonDocument(document.ToArray());
            return read(raw);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or EndOfStreamException
            or BsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
