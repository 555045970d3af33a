using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>What a pod asks for and may use, all its containers together.</summary>
internal static class PodResources
{
    public static Quantity Requests(JsonObject pod, string resource) => Sum(pod, "requests", resource);

    public static Quantity Limits(JsonObject pod, string resource) => Sum(pod, "limits", resource);

    private static Quantity Sum(JsonObject pod, string side, string resource)
    {
        var together = Quantity.Zero;
        foreach (var container in pod.Items("spec", "containers"))
            together += Quantity.Parse(container.Text("resources", side, resource));
        foreach (var container in pod.Items("spec", "initContainers"))
        {
            var own = Quantity.Parse(container.Text("resources", side, resource));
            // A side-car runs beside the others; another one before them.
            if (container.Text("restartPolicy") == "Always")
                together += own;
            else if (own > together)
                together = own;
        }

        return together;
    }
}
