using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Admission;

internal static class Namespaces
{
    /// <summary>Nothing is made in a namespace that is not there or that is going.</summary>
    public static void CheckOpen(ObjectStore store, ResourceType type, JsonObject thing)
    {
        if (!type.Namespaced)
            return;
        var name = thing.Namespace();
        var found = store.Find(ResourceTypes.Namespaces, "", name) ?? throw ApiError.NotFound(ResourceTypes.Namespaces, name);
        if (found.Value.IsGoing())
        {
            throw ApiError.Forbidden(
                type, thing.Name(),
                $"unable to create new content in namespace {name} because it is being terminated");
        }
    }
}
