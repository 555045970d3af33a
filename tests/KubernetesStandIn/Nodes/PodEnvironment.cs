using System.Text;
using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>What a container finds in its environment.</summary>
internal sealed class PodEnvironment(ObjectStore store)
{
    /// <returns>The variables; or why the container cannot be configured, in the kubelet's words.</returns>
    public (IReadOnlyDictionary<string, string> Variables, string? Fault) Resolve(JsonObject pod, JsonObject container)
    {
        var variables = new Dictionary<string, string>();
        foreach (var source in container.Items("envFrom"))
        {
            if (AddAll(variables, pod, source) is { } fault)
                return (variables, fault);
        }

        foreach (var variable in container.Items("env"))
        {
            if (Add(variables, pod, container, variable) is { } fault)
                return (variables, fault);
        }

        return (variables, null);
    }

    /// <summary>A secret or a config map that a volume needs and that is not there: what the kubelet's event says.</summary>
    public string? MountFault(JsonObject pod)
    {
        foreach (var volume in pod.Items("spec", "volumes"))
        {
            if (Missing(pod, ResourceTypes.Secrets, volume.Text("secret", "secretName"), volume.Flag("secret", "optional")) is { } secret)
                return $"MountVolume.SetUp failed for volume \"{volume.Text("name")}\" : {secret}";
            if (Missing(pod, ResourceTypes.ConfigMaps, volume.Text("configMap", "name"), volume.Flag("configMap", "optional")) is { } map)
                return $"MountVolume.SetUp failed for volume \"{volume.Text("name")}\" : {map}";
        }

        return null;
    }

    private string? Missing(JsonObject pod, ResourceType type, string? name, bool optional) =>
        name is null || optional || store.Find(type, pod.Namespace(), name) is not null
            ? null : $"{type.Kind.ToLowerInvariant()} \"{name}\" not found";

    private string? AddAll(Dictionary<string, string> variables, JsonObject pod, JsonObject source)
    {
        var (type, reference) = source["secretRef"] is JsonObject secret
            ? (ResourceTypes.Secrets, secret) : (ResourceTypes.ConfigMaps, source.Part("configMapRef")!);
        if (Missing(pod, type, reference.Text("name"), reference.Flag("optional")) is { } fault)
            return fault;
        var found = store.Find(type, pod.Namespace(), reference.Text("name")!)?.Value;
        foreach (var (key, _) in (found?.Pairs("data") ?? []).Concat(found?.Pairs("stringData") ?? []))
            variables[source.Text("prefix") + key] = Read(found!, type, key)!;
        return null;
    }

    private string? Add(Dictionary<string, string> variables, JsonObject pod, JsonObject container, JsonObject variable)
    {
        var name = variable.Text("name")!;
        if (variable["valueFrom"] is not JsonObject from)
            variables[name] = Expand(variable.Text("value") ?? "", variables);
        else if (from["secretKeyRef"] is JsonObject secret)
            return AddKey(variables, name, pod, ResourceTypes.Secrets, secret);
        else if (from["configMapKeyRef"] is JsonObject map)
            return AddKey(variables, name, pod, ResourceTypes.ConfigMaps, map);
        else if (from.Text("fieldRef", "fieldPath") is { } path)
            variables[name] = Field(pod, path);
        else
            variables[name] = container.Text("resources", "limits", from.Text("resourceFieldRef", "resource")?.Split('.')[^1] ?? "") ?? "";
        return null;
    }

    private string? AddKey(Dictionary<string, string> variables, string name, JsonObject pod, ResourceType type, JsonObject reference)
    {
        var (holder, key, optional) = (reference.Text("name")!, reference.Text("key")!, reference.Flag("optional"));
        if (Missing(pod, type, holder, optional) is { } fault)
            return fault;
        var value = store.Find(type, pod.Namespace(), holder) is { } found ? Read(found.Value, type, key) : null;
        if (value is not null)
            variables[name] = value;
        else if (!optional)
            return $"couldn't find key {key} in {type.Kind} {pod.Namespace()}/{holder}";
        return null;
    }

    private static string? Read(JsonObject holder, ResourceType type, string key)
    {
        if (holder.Text("stringData", key) is { } plain)
            return plain;
        var value = holder.Text("data", key);
        return value is null || type == ResourceTypes.ConfigMaps ? value : Encoding.UTF8.GetString(Convert.FromBase64String(value));
    }

    private static string Field(JsonObject pod, string path)
    {
        if (path.EndsWith("']", StringComparison.Ordinal))
        {
            var parts = path[..^2].Split("['", 2);
            return pod.Text(["metadata", parts[0].Split('.')[1], parts[1]]) ?? "";
        }

        return pod.Text(path.Split('.')) ?? "";
    }

    // $(NAME) of what was set before; anything else stays as it is.
    private static string Expand(string value, Dictionary<string, string> variables)
    {
        foreach (var (name, known) in variables)
            value = value.Replace($"$({name})", known, StringComparison.Ordinal);
        return value;
    }
}
