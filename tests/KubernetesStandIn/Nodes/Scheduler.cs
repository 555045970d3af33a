using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>
/// Puts each pod on the node that has most room for it, or says why none has. Pods that found no place are tried again when
/// something may have changed that: a node came or changed, a pod ended.
/// </summary>
internal sealed class Scheduler
{
    private readonly World _world;
    private readonly SortedDictionary<string, NodeRoom> _nodes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<(int Priority, long Order), JsonObject> _waiting = [];
    private readonly Dictionary<string, (int Priority, long Order)> _places = [];
    private readonly Dictionary<string, string> _said = [];
    private bool _isDue;

    public Scheduler(World world)
    {
        _world = world;
        world.Store.Changed += Note;
    }

    private void Note(StoreChange change)
    {
        if (change.Type == ResourceTypes.Nodes)
            NoteNode(change);
        else if (change.Type == ResourceTypes.Pods)
            NotePod(change.After.Value, change.Kind == ChangeKind.Deleted);
    }

    private void NoteNode(StoreChange change)
    {
        Room(change.After.Value.Name()).Become(change.Kind == ChangeKind.Deleted ? null : change.After.Value);
        Wake();
    }

    private void NotePod(JsonObject pod, bool isGone)
    {
        var node = pod.Text("spec", "nodeName");
        var isOver = isGone || pod.Text("status", "phase") is "Succeeded" or "Failed";
        if (node is not null || isOver)
            StopWaiting(pod);
        else if (!pod.IsGoing())
            Wait(pod);
        if (node is null)
            return;
        if (!isOver)
            Room(node).Take(pod);
        else if (Room(node).Release(pod))
            Wake();
    }

    private NodeRoom Room(string node)
    {
        if (!_nodes.TryGetValue(node, out var room))
            _nodes[node] = room = new NodeRoom();
        return room;
    }

    private void Wait(JsonObject pod)
    {
        var isNew = !_places.TryGetValue(pod.Uid(), out var place);
        if (isNew)
            _places[pod.Uid()] = place = (-(pod.Number("spec", "priority") ?? 0), _world.Store.Revision);
        _waiting[place] = pod;
        if (isNew)
            Wake();
    }

    private void StopWaiting(JsonObject pod)
    {
        _said.Remove(pod.Uid());
        if (_places.Remove(pod.Uid(), out var place))
            _waiting.Remove(place);
    }

    private void Wake()
    {
        if (_isDue || _waiting.Count == 0)
            return;
        _isDue = true;
        _world.Time.Soon(Pass);
    }

    // Of pods that ask for the same, the second is not tried where the first found nothing: hundreds may be waiting.
    private void Pass()
    {
        _isDue = false;
        var hopeless = new Dictionary<string, string>();
        foreach (var pod in _waiting.Values.ToList())
        {
            var wish = Wish(pod);
            if (!hopeless.TryGetValue(wish, out var why) && (why = Place(pod)) is not null)
                hopeless[wish] = why;
            if (why is not null)
                Say(pod, why);
        }
    }

    private static string Wish(JsonObject pod) => string.Join(
        '|', PodResources.Requests(pod, "cpu"), PodResources.Requests(pod, "memory"), pod.At("spec", "nodeSelector")?.ToJsonString(),
        pod.At("spec", "affinity")?.ToJsonString(), pod.At("spec", "tolerations")?.ToJsonString());

    /// <summary>Null when it has found a place.</summary>
    private string? Place(JsonObject pod)
    {
        var nodes = _nodes.Where(node => node.Value.Node is not null).ToList();
        var faults = new List<NodeFilter>();
        var (cpu, memory) = (PodResources.Requests(pod, "cpu"), PodResources.Requests(pod, "memory"));
        (string Name, decimal Score)? best = null;
        foreach (var (name, room) in nodes)
        {
            if (NodeFilter.Of(pod, cpu, memory, room) is { } fault)
                faults.Add(fault);
            else if (best is null || Score(room) > best.Value.Score)
                best = (name, Score(room));
        }

        if (best is null)
            return SchedulerWords.NoPlace(nodes.Count, faults);
        Bind(pod, best.Value.Name);
        return null;
    }

    private static decimal Score(NodeRoom room) =>
        (room.FreeCpu.Value / Math.Max(0.001m, room.AllocatableCpu.Value)) + (room.FreeMemory.Value / Math.Max(1, room.AllocatableMemory.Value));

    private void Bind(JsonObject pod, string node)
    {
        var bound = _world.Writer.Update(ResourceTypes.Pods, pod.Namespace(), pod.Name(), after =>
        {
            after.Ensure("spec")["nodeName"] = node;
            after.SetCondition(PodStatus.Condition(after, "PodScheduled", true, _world.Now));
        });
        _world.Events.RecordScheduling(
            bound!, "Normal", "Scheduled", $"Successfully assigned {pod.Namespace()}/{pod.Name()} to {node}", "Binding");
    }

    private void Say(JsonObject pod, string why)
    {
        if (_said.TryGetValue(pod.Uid(), out var before) && before == why)
            return;
        _said[pod.Uid()] = why;
        var stored = _world.Writer.Update(
            ResourceTypes.Pods, pod.Namespace(), pod.Name(),
            after => after.SetCondition(PodStatus.Condition(after, "PodScheduled", false, _world.Now, "Unschedulable", why)));
        if (stored is not null)
            _world.Events.RecordScheduling(stored, "Warning", "FailedScheduling", why, "Scheduling");
    }
}
