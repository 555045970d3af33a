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

    /// <summary>Beyond it, a document that is suspected of taking workers down is kept as bytes only.</summary>
    private const int MostSuspectBytes = 1024 * 1024;

    public static QuarantinedRecord Record(string collection, SourceRecord record, RecordRejection rejection)
        => Record(collection, record, rejection, int.MaxValue);

    /// <summary>The same with care: where memory is what ran out, JSON of the document would take some ten times its size.</summary>
    public static QuarantinedRecord RecordOfSuspect(string collection, SourceRecord record, RecordRejection rejection)
        => Record(collection, record, rejection, MostSuspectBytes);

    private static QuarantinedRecord Record(string collection, SourceRecord record, RecordRejection rejection, int mostBytes)
    {
        var (id, json) = record.Error is not null ? (null, null)
            : record.Document.Length <= mostBytes ? Describe(record.Document) : (Id(record.Document), null);
        var stage = rejection.Stage.ToString().ToLowerInvariant();
        return new QuarantinedRecord(
            id, record.Document, json, stage, rejection.Column, rejection.SqlState,
            rejection.Message.Replace("\0", "\\u0000", StringComparison.Ordinal),
            CauseFingerprint.OfRecord(collection, stage, rejection.Column, rejection.SqlState, rejection.Message),
            rejection.Exception);
    }

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
