using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Migration.Kubernetes.Tests;

/// <summary>
/// What two answers must have in common: everything but uids, revisions, times, addresses, the random endings of names, and
/// what a container runtime adds to a status (images' digests, users, mounts, resources repeated).
/// </summary>
internal static partial class Essence
{
    private static readonly HashSet<string> Volatile =
    [
        "uid", "resourceVersion", "volumes", "volumeMounts", "imageID", "containerID", "user", "hostIP", "hostIPs", "podIP", "podIPs",
        "allocatedResources", "lastProbeTime", "reportingInstance", "nodeName", "host",
    ];

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    public static string Of(JsonNode? node) => JsonSerializer.Serialize(Reduce(node, ""), Readable);

    /// <summary>Only some of an answer's fields, by path.</summary>
    public static string Of(JsonNode? node, params string[] fields) => string.Join(
        '\n', fields.Select(field => $"{field}: {Of(field.Split('.').Aggregate(node, (at, step) => at?[step]))}"));

    public static string WithoutSuffix(string name) => Suffix().Replace(name, "-*");

    private static JsonNode? Reduce(JsonNode? node, string path) => node switch
    {
        JsonObject thing => new JsonObject(thing
            .Where(pair => !Volatile.Contains(pair.Key) && !IsRuntime(path, pair.Key))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create(pair.Key, Reduce(pair.Value, $"{path}.{pair.Key}")))),
        JsonArray list => new JsonArray([.. list.Select(item => Reduce(item, path))]),
        JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(Reduce(text, path)),
        _ => node?.DeepClone(),
    };

    private static bool IsRuntime(string path, string key) => key == "resources" && path.Contains(".status", StringComparison.Ordinal);

    private static string Reduce(string text, string path)
    {
        if (path.EndsWith("controller-uid", StringComparison.Ordinal))
            return "a uid";
        text = Time().Replace(text, "a time");
        text = Uid().Replace(text, "a uid");
        text = Immutable().Replace(text, "Invalid value: ...: field is immutable");
        return Suffix().Replace(text, "-*");
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")]
    private static partial Regex Time();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uid();

    [GeneratedRegex(@"Invalid value: \{.*\}: field is immutable")]
    private static partial Regex Immutable();

    [GeneratedRegex(@"(?<=\w-\d+)-[bcdfghjklmnpqrstvwxz2456789]{5}\b")]
    private static partial Regex Suffix();
}
