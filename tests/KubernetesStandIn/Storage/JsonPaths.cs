using System.Text.Json;
using System.Text.Json.Nodes;

namespace Migration.KubernetesStandIn.Storage;

/// <summary>Objects are kept as the JSON that they arrived as, so that no field is lost; these read and write parts of it.</summary>
internal static class JsonPaths
{
    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
            node = (node as JsonObject)?[step];
        return node;
    }

    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static int? Number(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        if (node.At(path) is not JsonValue value)
            return null;
        if (value.TryGetValue<int>(out var number))
            return number;
        return value.TryGetValue<long>(out var large) ? (int)Math.Clamp(large, int.MinValue, int.MaxValue) : null;
    }

    public static bool Flag(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    public static DateTimeOffset? Time(this JsonNode? node, params ReadOnlySpan<string> path) =>
        DateTimeOffset.TryParse(node.Text(path), out var time) ? time : null;

    public static JsonObject? Part(this JsonNode? node, params ReadOnlySpan<string> path) => node.At(path) as JsonObject;

    public static IEnumerable<JsonObject> Items(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (node.At(path) as JsonArray)?.OfType<JsonObject>() ?? [];

    public static IEnumerable<string> Texts(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (node.At(path) as JsonArray)?.Select(item => item.Text()).OfType<string>() ?? [];

    public static IEnumerable<KeyValuePair<string, string>> Pairs(this JsonNode? node, params ReadOnlySpan<string> path) =>
        (node.At(path) as JsonObject)?.Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.ToString() ?? "")) ?? [];

    /// <summary>The object at this path, made where it is missing.</summary>
    public static JsonObject Ensure(this JsonObject node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            if (node[step] is not JsonObject next)
                node[step] = next = [];
            node = next;
        }

        return node;
    }

    public static void Default(this JsonObject node, string name, JsonNode? value)
    {
        if (node[name] is null)
            node[name] = value;
    }

    public static JsonObject Copy(this JsonObject node) => (JsonObject)node.DeepClone();

    public static string Name(this JsonObject thing) => thing.Text("metadata", "name") ?? "";

    public static string Namespace(this JsonObject thing) => thing.Text("metadata", "namespace") ?? "";

    public static string Uid(this JsonObject thing) => thing.Text("metadata", "uid") ?? "";

    public static string Revision(this JsonObject thing) => thing.Text("metadata", "resourceVersion") ?? "";

    public static bool IsGoing(this JsonObject thing) => thing.At("metadata", "deletionTimestamp") is not null;

    public static bool HasFinalizer(this JsonObject thing, string finalizer) => thing.Texts("metadata", "finalizers").Contains(finalizer);

    public static void RemoveFinalizer(this JsonObject thing, string finalizer)
    {
        var kept = thing.Texts("metadata", "finalizers").Where(name => name != finalizer).ToArray();
        if (kept.Length == 0)
            thing.Part("metadata")!.Remove("finalizers");
        else
            thing.Part("metadata")!["finalizers"] = new JsonArray([.. kept.Select(name => JsonValue.Create(name))]);
    }

    /// <summary>The way Kubernetes writes times: UTC, whole seconds.</summary>
    public static string ToApiTime(this DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    public static string ToApiMicroTime(this DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");

    public static JsonSerializerOptions Lenient { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
