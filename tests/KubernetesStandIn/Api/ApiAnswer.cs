using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>An answer that is one JSON object.</summary>
internal sealed record ApiAnswer(int Status, byte[] Body, string? Warning = null)
{
    public bool IsText { get; init; }

    public static ApiAnswer Of(int status, JsonNode body, string? warning = null) =>
        new(status, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(body, JsonPaths.Lenient), warning);

    public static ApiAnswer Of(int status, StoredObject stored, string? warning = null) => new(status, ApiJson.Whole(stored), warning);
}
