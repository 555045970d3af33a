using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>
/// One pod in the hands of its node's kubelet: network, images, configuration, containers, and the way out. Init
/// containers are taken as done.
/// </summary>
internal sealed class PodOnNode
{
    private static readonly TimeSpan SandboxRetry = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan TakingDown = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ConfigurationRetry = TimeSpan.FromSeconds(10);

    private readonly Kubelet _kubelet;
    private readonly (string Namespace, string Name, string Uid) _key;
    private readonly List<ContainerOnNode> _containers;
    private readonly string _address;
    private bool _hasSandbox;
    private bool _isStopping;
    private bool _isOver;
    private bool _isConcluded;
    private int _mountTries;

    public PodOnNode(Kubelet kubelet, StoredObject pod, string node)
    {
        (_kubelet, Node) = (kubelet, node);
        _key = (pod.Value.Namespace(), pod.Value.Name(), pod.Value.Uid());
        _address = kubelet.NextAddress();
        _containers = [.. pod.Value.Items("spec", "containers").Select(container => new ContainerOnNode(this, container.Copy()))];
    }

    public string Node { get; }

    public Kubelet Kubelet => _kubelet;

    public World World => _kubelet.World;

    public bool IsStopping => _isStopping;

    public StoredObject? Stored =>
        World.Store.Find(ResourceTypes.Pods, _key.Namespace, _key.Name) is { } found && found.Value.Uid() == _key.Uid ? found : null;

    private bool HasSucceeded => _containers.All(container => container.ExitCode == 0);

    private bool IsReachable => _kubelet.IsAlive(Node);

    public string? LogOf(string? container) =>
        _containers.FirstOrDefault(one => container is null || one.Name == container)?.Log;

    public void Arrive()
    {
        if (Stored is not { } pod || _isOver || !IsReachable)
            return;
        World.Writer.Update(ResourceTypes.Pods, _key.Namespace, _key.Name, after =>
        {
            after.Ensure("status")["startTime"] = World.Now.ToApiTime();
            after.SetCondition(PodStatus.Condition(after, "PodReadyToStartContainers", false, World.Now));
            after.SetCondition(PodStatus.Condition(after, "Initialized", true, World.Now));
            Describe(after);
        });
        World.Time.After(_kubelet.Faults.StartDelay(Model(pod)), Start);
    }

    private static V1Pod Model(StoredObject pod) => KubernetesJson.Deserialize<V1Pod>(pod.Value.ToJsonString());

    private void Start()
    {
        if (Stored is not { } pod || _isStopping || _isOver || !IsReachable)
            return;
        if (_kubelet.Environment.MountFault(pod.Value) is { } mount)
        {
            Complain("FailedMount", mount);
            World.Time.After(TimeSpan.FromSeconds(Math.Min(120, 0.5 * Math.Pow(2, _mountTries++))), Start);
            return;
        }

        if (_kubelet.Faults.Sandbox?.Invoke(Model(pod)) is { } sandbox)
        {
            Complain(
                "FailedCreatePodSandBox",
                $"Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"{World.Dice.Hex()}\": {sandbox}");
            World.Time.After(SandboxRetry, Start);
            return;
        }

        _hasSandbox = true;
        foreach (var container in _containers)
            container.Start();
    }

    private void Complain(string reason, string message) => World.Events.Record(Stored!, "Warning", reason, message, "kubelet", Node);

    /// <summary>Tries again to start a container that has its configuration or its image missing.</summary>
    public void TryLater(ContainerOnNode container, TimeSpan? delay = null) => World.Time.After(delay ?? ConfigurationRetry, () =>
    {
        if (Stored is not null && !_isStopping && !_isOver && IsReachable)
            container.Start();
    });

    /// <summary>Writes down what has changed, and ends the pod when its last container has ended.</summary>
    public void Report()
    {
        if (_isOver || !IsReachable || Stored is null)
            return;
        _isOver = _containers.All(container => container.HasEnded) || (_isStopping && _containers.All(container => !container.IsRunning));
        World.Writer.Update(ResourceTypes.Pods, _key.Namespace, _key.Name, after =>
        {
            if (_hasSandbox)
                after.SetCondition(PodStatus.Condition(after, "PodReadyToStartContainers", true, World.Now));
            if (_containers.Any(container => container.IsRunning))
                after.Ensure("status")["phase"] = "Running";
            Describe(after);
            if (_isOver)
                PodStatus.Close(after, HasSucceeded, World.Now);
        });
        if (_isOver)
            World.Time.After(TakingDown, Conclude);
    }

    // The containers have ended; what is left of the pod is taken down before its phase says so.
    private void Conclude()
    {
        if (!IsReachable || Stored is not { } pod)
            return;
        World.Writer.Update(
            ResourceTypes.Pods, _key.Namespace, _key.Name, after => PodStatus.End(after, HasSucceeded, World.Now));
        _isConcluded = true;
        if (pod.Value.IsGoing())
            World.Time.Soon(LetGo);
    }

    private void Describe(JsonObject pod)
    {
        var status = pod.Ensure("status");
        PodStatus.Observe(pod);
        status["hostIP"] = World.Store.Find(ResourceTypes.Nodes, "", Node)?.Value.Items("status", "addresses").FirstOrDefault().Text("address");
        status["hostIPs"] = new JsonArray(new JsonObject { ["ip"] = status.Text("hostIP") });
        if (_hasSandbox)
        {
            status["podIP"] = _address;
            status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = _address });
        }

        PodStatus.SetReadiness(pod, [.. _containers.Where(container => !container.IsReady).Select(container => container.Name)], World.Now);
        status["containerStatuses"] = new JsonArray([.. _containers.Select(container => container.Status())]);
    }

    public void Stop()
    {
        if (Stored is not { } pod || !IsReachable)
            return;
        var grace = TimeSpan.FromSeconds(pod.Value.Number("metadata", "deletionGracePeriodSeconds") ?? 0);
        if (_isConcluded)
            LetGo();
        if (_isOver)
            return;
        if (!_isStopping)
            StopContainers();
        World.Time.After(grace, KillContainers);
    }

    private void StopContainers()
    {
        _isStopping = true;
        foreach (var container in _containers.Where(container => container.IsRunning))
        {
            World.Events.Record(Stored!, "Normal", "Killing", $"Stopping container {container.Name}", "kubelet", Node, container.Name);
            container.Terminate();
        }

        // None runs: nothing to wait for.
        Report();
    }

    private void KillContainers()
    {
        foreach (var container in _containers.Where(container => container.IsRunning))
            container.Kill();
    }

    /// <summary>The kubelet is done with a pod that is to go; what still holds it is a finalizer.</summary>
    private void LetGo()
    {
        if (Stored is { } pod && pod.Value.IsGoing())
            World.Writer.Delete(pod, new DeleteRequest(GraceSeconds: 0));
    }

    /// <summary>The containers end and nobody is told.</summary>
    public void Vanish()
    {
        foreach (var container in _containers)
            container.Vanish();
    }

    public void ComeBack()
    {
        if (Stored is not { } pod)
            return;
        foreach (var container in _containers)
            container.FoundDead();
        _isStopping |= pod.Value.IsGoing();
        Report();
    }
}
