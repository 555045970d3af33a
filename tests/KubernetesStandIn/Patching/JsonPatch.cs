using System.Globalization;
using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Patching;

/// <summary>RFC 6902.</summary>
internal static class JsonPatch
{
    /// <exception cref="ApiError">An operation cannot be done; a failed test among them.</exception>
    public static JsonObject Apply(JsonObject thing, JsonArray patch)
    {
        JsonNode? whole = thing;
        foreach (var operation in patch.OfType<JsonObject>())
            whole = Apply(whole, operation);
        return whole as JsonObject ?? throw Unprocessable("the patch leaves no object");
    }

    private static JsonNode? Apply(JsonNode? whole, JsonObject operation)
    {
        var path = operation.Text("path") ?? throw ApiError.BadRequest("a JSON patch operation has no path");
        switch (operation.Text("op"))
        {
            case "add":
                return Put(whole, path, operation["value"]?.DeepClone(), mustExist: false);
            case "replace":
                return Put(whole, path, operation["value"]?.DeepClone(), mustExist: true);
            case "remove":
                Take(whole, path);
                return whole;
            case "copy":
                return Put(whole, path, Find(whole, operation.Text("from")!)?.DeepClone(), mustExist: false);
            case "move":
                return Put(whole, path, Take(whole, operation.Text("from")!), mustExist: false);
            case "test":
                return JsonNode.DeepEquals(Find(whole, path), operation["value"])
                    ? whole
                    : throw Unprocessable($"testing value {path} failed");
            default:
                throw ApiError.BadRequest($"unknown JSON patch operation {operation.Text("op")}");
        }
    }

    private static ApiError Unprocessable(string why) =>
        new(422, "Invalid", $"the server rejected our request due to an error in our request ({why})", []);

    private static IReadOnlyList<string> Steps(string path) => path.Length == 0
        ? []
        : [.. path[1..].Split('/').Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

    private static JsonNode? Find(JsonNode? node, string path)
    {
        foreach (var step in Steps(path))
            node = Step(node, step, path);
        return node;
    }

    private static JsonNode? Step(JsonNode? node, string step, string path) => node switch
    {
        JsonObject thing when thing.TryGetPropertyValue(step, out var value) => value,
        JsonArray list when int.TryParse(step, CultureInfo.InvariantCulture, out var i) && i >= 0 && i < list.Count => list[i],
        _ => throw Unprocessable($"missing path {path}"),
    };

    private static JsonNode? Put(JsonNode? whole, string path, JsonNode? value, bool mustExist)
    {
        var steps = Steps(path);
        if (steps.Count == 0)
            return value;
        if (mustExist)
            Find(whole, path);
        var parent = Find(whole, path[..path.LastIndexOf('/')]);
        if (parent is JsonObject thing)
            thing[steps[^1]] = value;
        else if (parent is JsonArray list && mustExist)
            list[int.Parse(steps[^1], CultureInfo.InvariantCulture)] = value;
        else if (parent is JsonArray longer)
            longer.Insert(steps[^1] == "-" ? longer.Count : int.Parse(steps[^1], CultureInfo.InvariantCulture), value);
        else
            throw Unprocessable($"missing path {path}");
        return whole;
    }

    private static JsonNode? Take(JsonNode? whole, string path)
    {
        var taken = Find(whole, path)?.DeepClone();
        var last = Steps(path)[^1];
        var parent = Find(whole, path[..path.LastIndexOf('/')]);
        if (parent is JsonArray list)
            list.RemoveAt(int.Parse(last, CultureInfo.InvariantCulture));
        else
            (parent as JsonObject)?.Remove(last);
        return taken;
    }
}
