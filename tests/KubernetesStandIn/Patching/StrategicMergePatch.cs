using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Patching;

/// <summary>
/// Kubernetes' own way to patch: like a merge patch, but lists of things with a key are merged item by item, and lists of
/// plain values as sets. Which lists these are is part of the API's definition.
/// </summary>
internal static class StrategicMergePatch
{
    private static readonly Dictionary<string, string> Keys = new()
    {
        ["containers"] = "name",
        ["initContainers"] = "name",
        ["env"] = "name",
        ["volumes"] = "name",
        ["imagePullSecrets"] = "name",
        ["volumeMounts"] = "mountPath",
        ["ports"] = "containerPort",
        ["conditions"] = "type",
        ["ownerReferences"] = "uid",
        ["hostAliases"] = "ip",
        ["topologySpreadConstraints"] = "topologyKey",
        ["addresses"] = "type",
        ["secrets"] = "name",
    };

    private static readonly HashSet<string> Sets = ["finalizers"];

    public static JsonObject Apply(JsonObject thing, JsonObject patch)
    {
        if (patch.Text("$patch") == "replace")
            return Without(patch, "$patch");
        foreach (var (name, value) in patch.Where(pair => !pair.Key.StartsWith('$')))
        {
            if (value is null)
                thing.Remove(name);
            else if (value is JsonObject part)
                ApplyPart(thing, name, part);
            else if (value is JsonArray list && thing[name] is JsonArray old)
                thing[name] = ApplyList(name, old, list);
            else
                thing[name] = value is JsonArray fresh ? new JsonArray([.. fresh.Select(item => item?.DeepClone())]) : value.DeepClone();
        }

        foreach (var (name, value) in patch.Where(pair => pair.Key.StartsWith("$deleteFromPrimitiveList/", StringComparison.Ordinal)))
            DropFrom(thing[name[(name.IndexOf('/') + 1)..]] as JsonArray, value as JsonArray);
        return thing;
    }

    private static void ApplyPart(JsonObject thing, string name, JsonObject part)
    {
        if (part.Text("$patch") == "delete")
            thing.Remove(name);
        else
            thing[name] = Apply((thing[name] as JsonObject)?.DeepClone() as JsonObject ?? [], part);
    }

    private static JsonArray ApplyList(string name, JsonArray old, JsonArray patch)
    {
        if (Sets.Contains(name))
            return new JsonArray([.. old.Concat(patch).Select(item => item.Text()).Distinct().Select(text => JsonValue.Create(text))]);
        if (!Keys.TryGetValue(name, out var key) || patch.Any(item => item is not JsonObject) || patch.Any(item => item.Text("$patch") == "replace"))
            return new JsonArray([.. patch.Where(item => item.Text("$patch") is null).Select(item => item?.DeepClone())]);
        var merged = (JsonArray)old.DeepClone();
        foreach (var item in patch.OfType<JsonObject>())
            ApplyItem(merged, key, item);
        return merged;
    }

    private static void ApplyItem(JsonArray list, string key, JsonObject item)
    {
        var at = -1;
        for (var i = 0; i < list.Count && at < 0; i++)
            at = JsonNode.DeepEquals(list[i].At(key), item[key]) ? i : -1;
        if (item.Text("$patch") == "delete")
        {
            if (at >= 0)
                list.RemoveAt(at);
        }
        else if (at < 0)
        {
            list.Add(item.DeepClone());
        }
        else
        {
            list[at] = Apply((JsonObject)list[at]!.DeepClone(), item);
        }
    }

    private static void DropFrom(JsonArray? list, JsonArray? items)
    {
        foreach (var item in items ?? [])
        {
            for (var i = (list?.Count ?? 0) - 1; i >= 0; i--)
            {
                if (JsonNode.DeepEquals(list![i], item))
                    list.RemoveAt(i);
            }
        }
    }

    private static JsonObject Without(JsonObject patch, string name)
    {
        var copy = patch.Copy();
        copy.Remove(name);
        return copy;
    }
}
