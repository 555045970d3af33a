using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Admission;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>Keeps the status of resource quotas: what is used of them.</summary>
internal sealed class QuotaController
{
    private readonly World _world;
    private readonly HashSet<string> _due = [];

    public QuotaController(World world)
    {
        _world = world;
        world.Store.Changed += Note;
    }

    private void Note(StoreChange change)
    {
        var @namespace = change.After.Value.Namespace();
        if (change.Type == ResourceTypes.Quotas || change.Type == ResourceTypes.Pods || change.Type == ResourceTypes.Jobs)
        {
            if (_due.Add(@namespace))
                _world.Time.Soon(() => Count(@namespace));
        }
    }

    private void Count(string @namespace)
    {
        _due.Remove(@namespace);
        foreach (var quota in _world.Store.List(ResourceTypes.Quotas, @namespace).ToList())
        {
            var status = new JsonObject { ["hard"] = quota.Value.At("spec", "hard")?.DeepClone(), ["used"] = Quotas.Used(_world.Store, quota.Value) };
            _world.Writer.Update(ResourceTypes.Quotas, @namespace, quota.Value.Name(), after => after["status"] = status);
        }
    }
}
