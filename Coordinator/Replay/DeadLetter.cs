using System.Text.Json;
using MassTransit;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
using RabbitMQ.Client;

namespace Migration.Coordinator.Replay;

/// <summary>A message of the error queue: a slice of a run, or something that does not belong there.</summary>
/// <param name="Tag">To acknowledge it by.</param>
/// <param name="Slice">Null when it is not a slice of this run in a version that is known here.</param>
/// <param name="Kind">What it is, for people: its message type, else its content type.</param>
internal sealed record DeadLetter(ulong Tag, PendingSlice? Slice, string Kind)
{
    private static readonly string s_urn = MessageUrn.ForTypeString<MigrateSlice>();
    private static readonly string s_urnOfSeveral = MessageUrn.ForTypeString<MigrateSlices>();
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web) { RespectRequiredConstructorParameters = true };

    /// <summary>MassTransit's envelope as workers got it; the broker's own dead-lettering leaves it as it was.</summary>
    public static DeadLetter Read(BasicGetResult delivery, Guid runId)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        var contentType = delivery.BasicProperties.ContentType ?? "no content type";
        try
        {
            var envelope = JsonSerializer.Deserialize<Envelope>(delivery.Body.Span, s_options);
            var kind = envelope?.MessageType is [var first, ..] ? first : contentType;
            if (SliceOf(envelope) is not { } slice)
                return new DeadLetter(delivery.DeliveryTag, null, kind);
            return slice.RunId == runId
                ? new DeadLetter(
                    delivery.DeliveryTag, new PendingSlice(new SliceId(runId, slice.Collection, slice.Slice), slice.Offset, slice.Limit), kind)
                : new DeadLetter(delivery.DeliveryTag, null, $"{kind} of another run ({slice.Run})");
        }
        catch (JsonException)
        {
            return new DeadLetter(delivery.DeliveryTag, null, $"not to be read here ({contentType})");
        }
    }

    /// <summary>
    /// Of a message for several slices, which only the broker's own limit of deliveries brings here, the first: the others are
    /// found in the ledger, as those of any message that was lost.
    /// </summary>
    private static MigrateSlice? SliceOf(Envelope? envelope)
    {
        if (envelope?.MessageType?.Contains(s_urn) == true)
            return Read<MigrateSlice>(envelope);
        return envelope?.MessageType?.Contains(s_urnOfSeveral) == true && Read<MigrateSlices>(envelope) is var several
            ? new MigrateSlice(several.RunId, several.Run, several.Collection, several.First, several.Offset, several.Limit)
            : null;
    }

    private static T Read<T>(Envelope envelope) => envelope.Message.Deserialize<T>(s_options) ?? throw new JsonException("The message is null.");

    private sealed record Envelope(IReadOnlyList<string>? MessageType, JsonElement Message);
}
