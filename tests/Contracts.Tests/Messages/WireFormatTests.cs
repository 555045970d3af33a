using System.Text.Json;
using MassTransit;
using MassTransit.Serialization;
using Migration.Contracts.Messages;

namespace Migration.Contracts.Tests.Messages;

/// <summary>
/// Coordinator and workers of different versions meet on the broker. A name that changes here is a message that the
/// other side does not understand, so a failing test means: add, do not rename.
/// </summary>
public sealed class WireFormatTests
{
    private static readonly Guid RunId = new("0190a0b0-c0d0-7000-8000-000000000001");

    public static TheoryData<object, string, string> Messages => new()
    {
        {
            new MigrateSlice(RunId, "shop", "products", 42, 84000, 2000),
            "urn:message:Migration.Contracts.Messages:MigrateSlice",
            """{"runId":"0190a0b0-c0d0-7000-8000-000000000001","run":"shop","collection":"products","slice":42,"offset":84000,"limit":2000}"""
        },
        {
            new MigrateSlices(RunId, "shop", "products", 42, 15, 84000, 15000),
            "urn:message:Migration.Contracts.Messages:MigrateSlices",
            """{"runId":"0190a0b0-c0d0-7000-8000-000000000001","run":"shop","collection":"products","first":42,"count":15,"offset":84000,"limit":15000}"""
        },
        {
            new SliceCompleted(RunId, "shop", "products", 42, 84000, 2000, 2000, 1990, 7, 3, "host:17", 61.5),
            "urn:message:Migration.Contracts.Messages:SliceCompleted",
            """{"runId":"0190a0b0-c0d0-7000-8000-000000000001","run":"shop","collection":"products","slice":42,"offset":84000,"limit":2000,"read":2000,"written":1990,"quarantined":7,"skipped":3,"worker":"host:17","seconds":61.5}"""
        },
        {
            new SlicesCompleted(RunId, "shop", "products", 42, 15, 84000, 15000, 15000, 14990, 7, 3, "host:17", 61.5),
            "urn:message:Migration.Contracts.Messages:SlicesCompleted",
            """{"runId":"0190a0b0-c0d0-7000-8000-000000000001","run":"shop","collection":"products","first":42,"count":15,"offset":84000,"limit":15000,"read":15000,"written":14990,"quarantined":7,"skipped":3,"worker":"host:17","seconds":61.5}"""
        },
        {
            new SliceFailed(RunId, "shop", "products", 42, 84000, 2000, 5, "boom", "host:17"),
            "urn:message:Migration.Contracts.Messages:SliceFailed",
            """{"runId":"0190a0b0-c0d0-7000-8000-000000000001","run":"shop","collection":"products","slice":42,"offset":84000,"limit":2000,"attempts":5,"error":"boom","worker":"host:17"}"""
        },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Messages))]
    public void The_name_of_a_message_stays(object message, string urn, string json)
    {
        Assert.NotNull(json);
        Assert.Equal(urn, MessageUrn.ForTypeString(message.GetType()));
    }

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Messages))]
    public void The_properties_of_a_message_stay(object message, string urn, string json)
    {
        Assert.NotNull(urn);
        var written = JsonSerializer.Serialize(message, message.GetType(), SystemTextJsonMessageSerializer.Options);

        using var expected = JsonDocument.Parse(json);
        using var actual = JsonDocument.Parse(written);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, actual.RootElement), written);
        Assert.Equal(message, JsonSerializer.Deserialize(json, message.GetType(), SystemTextJsonMessageSerializer.Options));
    }

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Messages))]
    public void A_property_that_a_newer_version_adds_is_passed_over(object message, string urn, string json)
    {
        Assert.NotNull(urn);
        var newer = json.Insert(1, """ "added": {"by": "a newer version"}, """);

        Assert.Equal(message, JsonSerializer.Deserialize(newer, message.GetType(), SystemTextJsonMessageSerializer.Options));
    }

    [Fact]
    public void Every_message_is_pinned()
        => Assert.Equal(
            typeof(MigrateSlice).Assembly.GetExportedTypes().Where(type => type.Namespace == typeof(MigrateSlice).Namespace).ToHashSet(),
            Messages.Select(row => row.Data.Item1.GetType()).ToHashSet());
}
