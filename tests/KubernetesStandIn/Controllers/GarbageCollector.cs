using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>
/// Takes away what an owner leaves behind, or frees it where the owner is deleted as "orphan"; and what names an owner that
/// is not there: an owner reference with a wrong uid is a death sentence.
/// </summary>
internal sealed class GarbageCollector
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly World _world;
    private readonly Dictionary<string, HashSet<(ResourceType Type, string Namespace, string Name)>> _dependents = [];

    public GarbageCollector(World world)
    {
        _world = world;
        world.Store.Changed += Note;
    }

    private void Note(StoreChange change)
    {
        var (type, thing) = (change.Type, change.After.Value);
        var key = (type, thing.Namespace(), thing.Name());
        foreach (var owner in change.Before?.Value.Items("metadata", "ownerReferences") ?? [])
            Dependents(owner.Text("uid")!).Remove(key);
        if (change.Kind == ChangeKind.Deleted)
        {
            if (_dependents.ContainsKey(thing.Uid()))
                _world.Time.Soon(() => Collect(thing.Uid()));
            foreach (var owner in thing.Items("metadata", "ownerReferences"))
                LookAtOwner(thing, owner);
            return;
        }

        foreach (var owner in thing.Items("metadata", "ownerReferences"))
        {
            Dependents(owner.Text("uid")!).Add(key);
            if (change.Kind == ChangeKind.Added && !Exists(thing, owner))
                _world.Time.After(Patience, () => Collect(owner.Text("uid")!));
        }

        if (thing.IsGoing() && thing.Texts("metadata", "finalizers").Any())
            _world.Time.Soon(() => Release(type, thing.Namespace(), thing.Name()));
    }

    private HashSet<(ResourceType Type, string Namespace, string Name)> Dependents(string uid) =>
        _dependents.TryGetValue(uid, out var known) ? known : _dependents[uid] = [];

    private void LookAtOwner(JsonObject dependent, JsonObject owner)
    {
        if (FindOwner(dependent, owner) is { } found && found.Value.IsGoing())
            _world.Time.Soon(() => Release(found.Type, found.Value.Namespace(), found.Value.Name()));
    }

    // Kinds that are not known here are taken as there.
    private bool Exists(JsonObject dependent, JsonObject owner) =>
        TypeOf(owner) is null || FindOwner(dependent, owner) is not null;

    private static ResourceType? TypeOf(JsonObject owner) =>
        ResourceTypes.Stored.FirstOrDefault(type => type.Kind == owner.Text("kind") && type.ApiVersion == owner.Text("apiVersion"));

    private StoredObject? FindOwner(JsonObject dependent, JsonObject owner)
    {
        if (TypeOf(owner) is not { } type)
            return null;
        var found = _world.Store.Find(type, type.Namespaced ? dependent.Namespace() : "", owner.Text("name") ?? "");
        return found?.Value.Uid() == owner.Text("uid") ? found : null;
    }

    private void Collect(string uid)
    {
        foreach (var (type, @namespace, name) in Dependents(uid).ToList())
        {
            if (_world.Store.Find(type, @namespace, name) is not { } dependent)
                continue;
            if (dependent.Value.Items("metadata", "ownerReferences").Any(owner => owner.Text("uid") != uid && Exists(dependent.Value, owner)))
                Free(dependent, uid);
            else
                _world.Writer.Delete(dependent, new DeleteRequest(Propagation: Propagation.Background));
        }
    }

    private void Free(StoredObject dependent, string uid) =>
        _world.Writer.Update(dependent.Type, dependent.Value.Namespace(), dependent.Value.Name(), after =>
        {
            var kept = after.Items("metadata", "ownerReferences").Where(owner => owner.Text("uid") != uid).Select(owner => owner.DeepClone());
            after.Ensure("metadata")["ownerReferences"] = new JsonArray([.. kept]);
        });

    private void Release(ResourceType type, string @namespace, string name)
    {
        if (_world.Store.Find(type, @namespace, name) is not { } owner || !owner.Value.IsGoing())
            return;
        if (owner.Value.HasFinalizer(ObjectWriter.OrphanFinalizer))
            Orphan(owner);
        else if (owner.Value.HasFinalizer(ObjectWriter.ForegroundFinalizer))
            DeleteFirst(owner);
    }

    private void Orphan(StoredObject owner)
    {
        foreach (var (type, @namespace, name) in Dependents(owner.Value.Uid()).ToList())
        {
            if (_world.Store.Find(type, @namespace, name) is { } dependent)
                Free(dependent, owner.Value.Uid());
        }

        Drop(owner, ObjectWriter.OrphanFinalizer);
    }

    private void DeleteFirst(StoredObject owner)
    {
        var left = Dependents(owner.Value.Uid()).Select(key => _world.Store.Find(key.Type, key.Namespace, key.Name)).OfType<StoredObject>().ToList();
        foreach (var dependent in left.Where(dependent => !dependent.Value.IsGoing()))
            _world.Writer.Delete(dependent, new DeleteRequest(Propagation: Propagation.Foreground));
        if (!Dependents(owner.Value.Uid()).Any(key => Blocks(key, owner.Value.Uid())))
            Drop(owner, ObjectWriter.ForegroundFinalizer);
    }

    private bool Blocks((ResourceType Type, string Namespace, string Name) key, string uid) =>
        _world.Store.Find(key.Type, key.Namespace, key.Name)?.Value.Items("metadata", "ownerReferences")
            .Any(owner => owner.Text("uid") == uid && owner.Flag("blockOwnerDeletion")) == true;

    private void Drop(StoredObject owner, string finalizer) => _world.Writer.Update(
        owner.Type, owner.Value.Namespace(), owner.Value.Name(), after => after.RemoveFinalizer(finalizer));
}
