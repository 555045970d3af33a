using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Simulation;

namespace Migration.KubernetesStandIn.Storage;

/// <summary>
/// What the API server does around a write whoever asks for it: names, uids, times, generations, finalizers, and the
/// slow death of pods. Controllers and requests both write through here. Whoever calls holds the cluster's lock.
/// </summary>
internal sealed class ObjectWriter(ObjectStore store, ClusterTime time, Dice dice)
{
    public const string OrphanFinalizer = "orphan";
    public const string ForegroundFinalizer = "foregroundDeletion";

    public StoredObject Create(ResourceType type, JsonObject thing)
    {
        NameIt(type, thing);
        if (store.Find(type, thing.Namespace(), thing.Name()) is not null)
            throw ApiError.AlreadyExists(type, thing.Name());
        return store.Add(type, thing);
    }

    /// <summary>Name, uid and creation time, as a create gives them.</summary>
    public void NameIt(ResourceType type, JsonObject thing)
    {
        var meta = thing.Ensure("metadata");
        if (string.IsNullOrEmpty(meta.Text("name")) && meta.Text("generateName") is { Length: > 0 } prefix)
            meta["name"] = prefix + dice.Suffix();
        meta["uid"] = dice.Uid();
        meta.Remove("resourceVersion");
        meta["creationTimestamp"] = time.Now.ToApiTime();
        if (type.CountsGenerations)
            meta["generation"] = 1;
    }

    /// <summary>Null when there is no such object; unchanged when the change changes nothing, as the API does.</summary>
    public StoredObject? Update(ResourceType type, string @namespace, string name, Action<JsonObject> change)
    {
        if (store.Find(type, @namespace, name) is not { } before)
            return null;
        var after = before.Value.Copy();
        change(after);
        return Replace(before, after);
    }

    public StoredObject Replace(StoredObject before, JsonObject after)
    {
        after.Ensure("metadata")["resourceVersion"] = before.Value.Revision();
        if (JsonNode.DeepEquals(before.Value, after))
            return before;
        // Of a pod, only its deletion counts: binding it to a node does not.
        if (before.Type.CountsGenerations && before.Type != ResourceTypes.Pods && !JsonNode.DeepEquals(before.Value["spec"], after["spec"]))
            Age(after);
        var stored = store.Replace(before, after);
        return MayGo(stored) ? store.Remove(stored) : stored;
    }

    /// <returns>The object as it is afterwards, and whether it is gone.</returns>
    public (StoredObject Left, bool Gone) Delete(StoredObject stored, DeleteRequest request)
    {
        CheckPreconditions(stored, request);
        var after = stored.Value.Copy();
        if (stored.Type == ResourceTypes.Pods)
            SentencePod(after, request.GraceSeconds);
        else
            Sentence(after, request.Propagation);
        if (JsonNode.DeepEquals(stored.Value, after) && !MayGo(stored))
            return (stored, false);
        var changed = after.IsGoing() && !MayGo(after, stored.Type) ? store.Replace(stored, after) : null;
        return changed is null ? (store.Remove(stored), true) : (changed, false);
    }

    private static void CheckPreconditions(StoredObject stored, DeleteRequest request)
    {
        var (type, name) = (stored.Type, stored.Value.Name());
        if (request.Uid is { } uid && uid != stored.Value.Uid())
            throw ApiError.Conflict(type, name, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {stored.Value.Uid()}");
        if (request.Revision is { } revision && revision != stored.Value.Revision())
        {
            throw ApiError.Conflict(
                type, name,
                $"Precondition failed: ResourceVersion in precondition: {revision}, ResourceVersion in object meta: {stored.Value.Revision()}");
        }
    }

    private void Sentence(JsonObject thing, Propagation? propagation)
    {
        var finalizer = propagation switch
        {
            Propagation.Foreground => ForegroundFinalizer,
            Propagation.Orphan => OrphanFinalizer,
            _ => null,
        };
        var meta = thing.Ensure("metadata");
        if (finalizer is not null && !thing.HasFinalizer(finalizer))
        {
            if (meta["finalizers"] is not JsonArray list)
                meta["finalizers"] = list = [];
            list.Add(finalizer);
        }

        if (thing.IsGoing())
            return;
        meta["deletionTimestamp"] = time.Now.ToApiTime();
        meta["deletionGracePeriodSeconds"] = 0;
        if (meta["generation"] is not null)
            Age(thing);
    }

    // A pod on a node is only told to end; its kubelet takes it away when its containers have ended. One that no node
    // holds, or that has ended, goes at once. A grace period can be shortened later, never lengthened.
    private void SentencePod(JsonObject pod, int? graceSeconds)
    {
        var meta = pod.Ensure("metadata");
        var grace = graceSeconds ?? pod.Number("spec", "terminationGracePeriodSeconds") ?? 30;
        if (pod.Text("spec", "nodeName") is null || pod.Text("status", "phase") is "Succeeded" or "Failed")
            grace = 0;
        if (pod.IsGoing() && pod.Number("metadata", "deletionGracePeriodSeconds") <= grace)
            return;
        meta["deletionTimestamp"] = (time.Now + TimeSpan.FromSeconds(grace)).ToApiTime();
        meta["deletionGracePeriodSeconds"] = grace;
        Age(pod);
    }

    private static void Age(JsonObject thing) => thing.Ensure("metadata")["generation"] = (thing.Number("metadata", "generation") ?? 0) + 1;

    private static bool MayGo(StoredObject stored) => MayGo(stored.Value, stored.Type);

    private static bool MayGo(JsonObject thing, ResourceType type) =>
        thing.IsGoing() && !thing.Texts("metadata", "finalizers").Any()
        && (type != ResourceTypes.Pods || thing.Number("metadata", "deletionGracePeriodSeconds") is 0 or null);
}
