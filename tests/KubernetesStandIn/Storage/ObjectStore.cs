using System.Text.Json.Nodes;

namespace Migration.KubernetesStandIn.Storage;

/// <summary>
/// Objects by kind and name under one revision that goes up by one with every change, and the history of changes that
/// watches resume from. Whoever calls holds the cluster's lock.
/// </summary>
internal sealed class ObjectStore
{
    private readonly Dictionary<ResourceType, SortedDictionary<string, StoredObject>> _objects =
        ResourceTypes.Stored.ToDictionary(type => type, _ => new SortedDictionary<string, StoredObject>(StringComparer.Ordinal));

    // Enough for every watch that is a little late; each entry holds a whole object.
    private const int MostHistory = 8_000;

    private readonly List<StoreChange> _history = [];

    /// <summary>Told of every change, within the change: a listener notes what to do and does it later.</summary>
    public event Action<StoreChange>? Changed;

    public long Revision { get; private set; } = 1;

    /// <summary>The history is known from here on; whoever asks for what came before is told that it has expired.</summary>
    public long Compacted { get; private set; }

    public StoredObject? Find(ResourceType type, string @namespace, string name) =>
        _objects[type].GetValueOrDefault(StoredObject.KeyOf(@namespace, name));

    /// <param name="namespace">Null: in all of them.</param>
    public IEnumerable<StoredObject> List(ResourceType type, string? @namespace) =>
        @namespace is null
            ? _objects[type].Values
            : _objects[type].Values.Where(stored => stored.Value.Namespace() == @namespace);

    public StoredObject Add(ResourceType type, JsonObject value) => Put(ChangeKind.Added, null, type, value);

    public StoredObject Replace(StoredObject before, JsonObject value) => Put(ChangeKind.Modified, before, before.Type, value);

    public StoredObject Remove(StoredObject before)
    {
        var value = before.Value.Copy();
        var gone = Stamp(before.Type, value);
        _objects[before.Type].Remove(before.Key);
        Note(new StoreChange(ChangeKind.Deleted, before, gone));
        return gone;
    }

    /// <summary>What happened to objects of this kind after a revision; null when that is no longer known.</summary>
    public IReadOnlyList<StoreChange>? Since(ResourceType type, long revision)
    {
        if (revision < Compacted)
            return null;
        var first = _history.FindLastIndex(change => change.Revision <= revision) + 1;
        return [.. _history.Skip(first).Where(change => change.Type == type)];
    }

    /// <summary>Forgets the history, as etcd does every five minutes.</summary>
    public void Compact()
    {
        Compacted = Revision;
        _history.Clear();
    }

    private void Forget(int count)
    {
        Compacted = _history[count - 1].Revision;
        _history.RemoveRange(0, count);
    }

    private StoredObject Put(ChangeKind kind, StoredObject? before, ResourceType type, JsonObject value)
    {
        var stored = Stamp(type, value);
        _objects[type][stored.Key] = stored;
        Note(new StoreChange(kind, before, stored));
        return stored;
    }

    private StoredObject Stamp(ResourceType type, JsonObject value)
    {
        Revision++;
        value.Ensure("metadata")["resourceVersion"] = Revision.ToString();
        return new StoredObject(type, value, Revision);
    }

    private void Note(StoreChange change)
    {
        _history.Add(change);
        if (_history.Count > MostHistory + (MostHistory / 4))
            Forget(_history.Count - MostHistory);
        Changed?.Invoke(change);
    }
}
