using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Validation;

/// <summary>What the API server fills in where a pod, or a template of one, says nothing.</summary>
internal static class PodDefaults
{
    private static readonly string[] Guaranteeing = ["cpu", "memory"];

    /// <summary>For templates and pods alike.</summary>
    public static void FillSpec(JsonObject spec)
    {
        spec.Default("restartPolicy", "Always");
        spec.Default("terminationGracePeriodSeconds", 30);
        spec.Default("dnsPolicy", "ClusterFirst");
        spec.Default("securityContext", new JsonObject());
        spec.Default("schedulerName", "default-scheduler");
        if (spec.Text("serviceAccountName") is { } account)
            spec["serviceAccount"] = account;
        else if (spec.Text("serviceAccount") is { } older)
            spec["serviceAccountName"] = older;
        foreach (var container in spec.Items("containers").Concat(spec.Items("initContainers")))
            FillContainer(container);
        foreach (var volume in spec.Items("volumes"))
            FillVolume(volume);
    }

    /// <summary>For pods only.</summary>
    public static void Complete(JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        FillSpec(spec);
        spec.Default("enableServiceLinks", true);
        if (spec["tolerations"] is not JsonArray tolerations)
            spec["tolerations"] = tolerations = [];
        Tolerate(tolerations, "node.kubernetes.io/not-ready");
        Tolerate(tolerations, "node.kubernetes.io/unreachable");
    }

    /// <summary>A resource that is limited and not requested is requested as far as it is limited.</summary>
    public static void SetRequests(JsonObject pod)
    {
        foreach (var container in pod.Items("spec", "containers").Concat(pod.Items("spec", "initContainers")))
        {
            foreach (var (resource, amount) in container.Pairs("resources", "limits").ToList())
                container.Ensure("resources", "requests").Default(resource, amount);
        }
    }

    public static string QualityOfService(JsonObject pod)
    {
        var containers = pod.Items("spec", "containers").ToList();
        if (containers.All(container => !container.Pairs("resources", "requests").Any() && !container.Pairs("resources", "limits").Any()))
            return "BestEffort";
        var guaranteed = containers.All(container => Guaranteeing.All(resource =>
            container.Text("resources", "limits", resource) is { } limit && limit == container.Text("resources", "requests", resource)));
        return guaranteed ? "Guaranteed" : "Burstable";
    }

    private static void FillContainer(JsonObject container)
    {
        container.Default("terminationMessagePath", "/dev/termination-log");
        container.Default("terminationMessagePolicy", "File");
        container.Default("imagePullPolicy", IsLatest(container.Text("image") ?? "") ? "Always" : "IfNotPresent");
        container.Default("resources", new JsonObject());
        foreach (var port in container.Items("ports"))
            port.Default("protocol", "TCP");
        foreach (var reference in container.Items("env").Select(variable => variable.Part("valueFrom", "fieldRef")).OfType<JsonObject>())
            reference.Default("apiVersion", "v1");
        foreach (var name in new[] { "livenessProbe", "readinessProbe", "startupProbe" })
        {
            if (container[name] is JsonObject probe)
                FillProbe(probe);
        }
    }

    private static bool IsLatest(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal))
            return false;
        var last = image[(image.LastIndexOf('/') + 1)..];
        return !last.Contains(':', StringComparison.Ordinal) || last.EndsWith(":latest", StringComparison.Ordinal);
    }

    private static void FillProbe(JsonObject probe)
    {
        probe.Default("timeoutSeconds", 1);
        probe.Default("periodSeconds", 10);
        probe.Default("successThreshold", 1);
        probe.Default("failureThreshold", 3);
        if (probe["httpGet"] is not JsonObject get)
            return;
        get.Default("path", "/");
        get.Default("scheme", "HTTP");
    }

    private static void FillVolume(JsonObject volume)
    {
        foreach (var kind in new[] { "configMap", "secret", "projected", "downwardAPI" })
        {
            if (volume[kind] is JsonObject source)
                source.Default("defaultMode", 420);
        }
    }

    private static void Tolerate(JsonArray tolerations, string taint)
    {
        if (tolerations.Any(one => one.Text("key") == taint && one.Text("effect") is null or "NoExecute"))
            return;
        tolerations.Add(new JsonObject
        {
            ["key"] = taint,
            ["operator"] = "Exists",
            ["effect"] = "NoExecute",
            ["tolerationSeconds"] = 300,
        });
    }
}
