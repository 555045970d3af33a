using System.Text.Json.Nodes;

namespace Migration.KubernetesStandIn.Patching;

/// <summary>RFC 7386: null removes, objects merge, anything else replaces.</summary>
internal static class MergePatch
{
    public static JsonObject Apply(JsonObject thing, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
                thing.Remove(name);
            else if (value is JsonObject part)
                thing[name] = Apply((thing[name] as JsonObject)?.DeepClone() as JsonObject ?? [], part);
            else
                thing[name] = value.DeepClone();
        }

        return thing;
    }
}
