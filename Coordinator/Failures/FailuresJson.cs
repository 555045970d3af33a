using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Migration.Contracts.Ledger;

namespace Migration.Coordinator.Failures;

/// <summary>What <c>failures --json</c> prints.</summary>
/// <param name="Run">Its name.</param>
/// <param name="By">What the groups are made by.</param>
/// <param name="Quarantined">Records in quarantine, all of them.</param>
/// <param name="Records">Groups of them, the largest first; read one document at a time, as each can be 16 MB.</param>
/// <param name="MoreRecordGroups">Groups that are not in <paramref name="Records"/>.</param>
/// <param name="GaveUp">Slices that gave up, all of them.</param>
/// <param name="Slices">Groups of them, the largest first.</param>
/// <param name="MoreSliceGroups">Groups that are not in <paramref name="Slices"/>.</param>
internal sealed record FailuresJson(
    string Run, Guid Id, RunState State, FailureGrouping By, long Quarantined, IAsyncEnumerable<RecordGroupJson> Records,
    long MoreRecordGroups, long GaveUp, IReadOnlyList<FailedSliceGroup> Slices, long MoreSliceGroups,
    IReadOnlyList<PausedCollection> Paused)
{
    public static FailuresJson Of(FailureListing listing, FailureLedger failures) => new(
        listing.Run.Name, listing.Run.Id, listing.Run.State, listing.By, listing.Records.Total,
        WithDocumentsAsync(listing.Records.Groups, failures), listing.Records.More, listing.Slices.Total, listing.Slices.Groups,
        listing.Slices.More, listing.Paused);

    private static async IAsyncEnumerable<RecordGroupJson> WithDocumentsAsync(
        IReadOnlyList<QuarantineGroup> groups, FailureLedger failures,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var group in groups)
            yield return RecordGroupJson.Of(group, await failures.DocumentAsync(group.QuarantineId, cancellationToken));
    }
}

/// <summary>A <see cref="QuarantineGroup"/> with the whole document of its example.</summary>
/// <param name="Document">Null where the bytes are no document.</param>
internal sealed record RecordGroupJson(
    string Collection, long Count, DateTimeOffset FirstAt, DateTimeOffset LastAt, long Causes, IReadOnlyList<string> Fingerprints,
    string Stage, string? Column, string? SqlState, string? Exception, string Message, int Slice, string? RecordId,
    long QuarantineId, long DocumentBytes, [property: JsonConverter(typeof(StoredJsonConverter))] string? Document)
{
    public static RecordGroupJson Of(QuarantineGroup g, string? document) => new(
        g.Collection, g.Count, g.FirstAt, g.LastAt, g.Causes, g.Fingerprints, g.Stage, g.Column, g.SqlState, g.Exception,
        g.Message, g.Slice, g.RecordId, g.QuarantineId, g.DocumentBytes, document);
}

/// <summary>Writes text that is JSON already as it is.</summary>
internal sealed class StoredJsonConverter : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => throw new NotSupportedException("It is only written.");

    // PostgreSQL has checked it when it was stored; checking it here would refuse what is nested deeper than 64.
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
        => writer.WriteRawValue(value, skipInputValidation: true);
}
