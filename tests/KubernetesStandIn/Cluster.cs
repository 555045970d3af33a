using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Time.Testing;
using Migration.KubernetesStandIn.Admission;
using Migration.KubernetesStandIn.Api;
using Migration.KubernetesStandIn.Controllers;
using Migration.KubernetesStandIn.Nodes;
using Migration.KubernetesStandIn.Runners;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn;

/// <summary>
/// A Kubernetes cluster without machines: an API server over HTTP on loopback, with the Job controller, the scheduler, the
/// kubelets and the collectors behind it, in a time of its own.
/// </summary>
/// <remarks>
/// <code>
/// await using var cluster = await Cluster.StartAsync();
/// cluster.AddNamespace("shop");
/// cluster.AddNode("node-1", cpu: "4", memory: "16Gi");
/// var client = cluster.NewClient();                        // or cluster.Address, or WriteKubeconfig(path)
/// await client.BatchV1.CreateNamespacedJobAsync(job, "shop");
/// await cluster.AdvanceAsync(TimeSpan.FromSeconds(5));     // pods are scheduled, started and ready
/// cluster.Job("shop", "workers")!.Status.Ready;            // looks without a request
/// </code>
/// Nothing happens between two advances but what a request itself causes at once (pods of a new Job are made and bound).
/// <see cref="Clock"/> is the same time for a client under test. With <see cref="RunClock"/> time goes by itself.
/// </remarks>
public sealed class Cluster : IAsyncDisposable
{
    private readonly World _world;
    private readonly Kubelet _kubelet;
    private readonly NodeLifecycle _nodes;
    private readonly Writes _writes;
    private readonly Watches _watches;
    private readonly ApiServer _server;

    private Cluster(ClusterOptions options)
    {
        _world = new World(options.Clock ?? new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000)), options.Seed);
        var pods = new PodCreation(_world, Refusals);
        _ = new GarbageCollector(_world);
        _ = new QuotaController(_world);
        _ = new JobController(_world, pods);
        _ = new Scheduler(_world);
        Pods = options.Runner as ScriptedPods ?? new ScriptedPods();
        _kubelet = new Kubelet(_world, options.Runner ?? Pods, KubeletFaults);
        _nodes = new NodeLifecycle(_world, _kubelet);
        var reads = new Reads(_world);
        _writes = new Writes(_world, pods, reads);
        _watches = new Watches(_world, Faults);
        _server = new ApiServer(_world, reads, _writes, _watches, _kubelet, Access, Faults, Requests) { Version = options.Version };
    }

    /// <summary>Of the API; it stays the same when the API goes away and comes back.</summary>
    public Uri Address => _server.Address;

    /// <summary>The cluster's time.</summary>
    public FakeTimeProvider Clock => _world.Clock;

    /// <summary>What containers do, where no other runner was given.</summary>
    public ScriptedPods Pods { get; }

    public Access Access { get; } = new();

    public ApiFaults Faults { get; } = new();

    public KubeletFaults KubeletFaults { get; } = new();

    public PodRefusals Refusals { get; } = new();

    public RequestLog Requests { get; } = new();

    /// <summary>How many watches are open.</summary>
    public int OpenWatches => _watches.Open;

    public static async Task<Cluster> StartAsync(ClusterOptions? options = null)
    {
        var cluster = new Cluster(options ?? new ClusterOptions());
        cluster.AddNamespace("default");
        await cluster._server.ListenAsync();
        return cluster;
    }

    public IKubernetes NewClient(string? token = null) => new Kubernetes(new KubernetesClientConfiguration
    {
        Host = Address.ToString(),
        AccessToken = token,
        SkipTlsVerify = true,
    });

    public void WriteKubeconfig(string path, string context = "stand-in", string @namespace = "default", string? token = null) =>
        File.WriteAllText(path, Kubeconfig.Text(Address, context, @namespace, token));

    /// <summary>Lets time pass: everything that is due happens, in order.</summary>
    public Task AdvanceAsync(TimeSpan span) => _world.Time.AdvanceAsync(span);

    /// <summary>
    /// Lets time pass step by step until the condition holds, with a breath of real time after each step in which a client can
    /// act. After <paramref name="limit"/> of the cluster's time it gives up.
    /// </summary>
    /// <exception cref="TimeoutException">The condition did not come to hold.</exception>
    public async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan limit, TimeSpan? step = null, string? waitingFor = null)
    {
        var end = Clock.GetUtcNow() + limit;
        while (!condition())
        {
            if (Clock.GetUtcNow() >= end)
                throw new TimeoutException($"After {limit} of the cluster's time still not: {waitingFor ?? "the condition"}.");
            await AdvanceAsync(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>Lets time go by itself, so many times as fast as real time, until the result is disposed of.</summary>
    public IAsyncDisposable RunClock(double speed = 1) => new RunningClock(_world.Time, speed);

    public void AddNamespace(string name) => Do(() =>
    {
        _writes.Create(ResourceTypes.Namespaces, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } });
        _writes.Create(ResourceTypes.ServiceAccounts, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "default", ["namespace"] = name },
        });
    });

    /// <param name="pods">How many pods it can hold.</param>
    /// <param name="taints">As <c>key=value:Effect</c>.</param>
    public void AddNode(
        string name, string cpu = "4", string memory = "16Gi", int pods = 110, IReadOnlyDictionary<string, string>? labels = null,
        params string[] taints) =>
        Do(() => _nodes.Add(name, cpu, memory, pods, labels, taints.Select(Taint)));

    public void AddNodes(int count, string cpu = "4", string memory = "16Gi", int pods = 110, string prefix = "node") =>
        Do(() =>
        {
            for (var i = 1; i <= count; i++)
                _nodes.Add($"{prefix}-{i}", cpu, memory, pods, null, []);
        });

    /// <summary>The node is gone for good, with its pods.</summary>
    public void RemoveNode(string name) => Do(() => _nodes.Remove(name));

    /// <summary>The node falls silent; its containers have ended, and nobody knows.</summary>
    public void LoseNode(string name) => Do(() => _nodes.Lose(name));

    public void ReturnNode(string name) => Do(() => _nodes.Return(name));

    /// <summary>The scheduler makes room for a more important pod.</summary>
    public void Preempt(string @namespace, string pod) => Disrupt(
        @namespace, pod, "PreemptionByScheduler", "default-scheduler: preempting to accommodate a higher priority pod");

    public void Evict(string @namespace, string pod) => Disrupt(@namespace, pod, "EvictionByEvictionAPI", "Eviction API: evicting");

    /// <summary>Adds an object past all rights, as an administrator would with a manifest.</summary>
    public void Add<T>(T thing)
        where T : IKubernetesObject<V1ObjectMeta> => Do(() =>
        {
            var type = ResourceTypes.Stored.First(type => type.Model == typeof(T));
            var node = (JsonObject)JsonNode.Parse(KubernetesJson.Serialize(thing))!;
            node.Remove("kind");
            node.Remove("apiVersion");
            _writes.Create(type, node);
        });

    /// <summary>Deletes an object past all rights; its dependents are collected.</summary>
    public void Delete<T>(string @namespace, string name)
        where T : IKubernetesObject<V1ObjectMeta> => Do(() =>
        {
            var type = ResourceTypes.Stored.First(type => type.Model == typeof(T));
            if (_world.Store.Find(type, @namespace, name) is { } stored)
                _world.Writer.Delete(stored, new DeleteRequest());
        });

    public V1Job? Job(string @namespace, string name) => All<V1Job>(@namespace).FirstOrDefault(job => job.Metadata.Name == name);

    public IReadOnlyList<V1Pod> PodsIn(string @namespace) => All<V1Pod>(@namespace);

    public IReadOnlyList<Corev1Event> EventsIn(string @namespace) => All<Corev1Event>(@namespace);

    /// <summary>All objects of a kind, looked at without a request.</summary>
    /// <param name="namespace">Null: in all of them.</param>
    public IReadOnlyList<T> All<T>(string? @namespace = null)
    {
        List<StoredObject> found;
        lock (_world.Gate)
            found = [.. _world.Store.List(ResourceTypes.Stored.First(type => type.Model == typeof(T)), @namespace)];
        return [.. found.Select(stored => KubernetesJson.Deserialize<T>(System.Text.Encoding.UTF8.GetString(stored.Json)))];
    }

    /// <summary>Forgets what happened so far: watches that resume from before are told 410.</summary>
    public void ExpireHistory() => Do(_world.Store.Compact);

    public void EndWatches(WatchEnd how) => _watches.End(how);

    /// <summary>The API goes away: connections are reset and new ones refused, until <see cref="ComeBackAsync"/>. The cluster lives on.</summary>
    public Task GoAwayAsync() => _server.StopListeningAsync();

    public Task ComeBackAsync() => _server.ListenAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        if (_kubelet.Runner is IAsyncDisposable runner)
            await runner.DisposeAsync();
        _world.Time.Dispose();
    }

    private void Disrupt(string @namespace, string pod, string reason, string message) => Do(() =>
    {
        if (_world.Store.Find(ResourceTypes.Pods, @namespace, pod) is { } stored)
            _writes.Disrupt(stored, reason, message);
    });

    private void Do(Action action) => _world.Time.Do(action);

    private static JsonObject Taint(string text)
    {
        var (taint, effect) = (text[..text.LastIndexOf(':')], text[(text.LastIndexOf(':') + 1)..]);
        var parts = taint.Split('=', 2);
        return new JsonObject { ["key"] = parts[0], ["value"] = parts.Length > 1 ? parts[1] : null, ["effect"] = effect };
    }
}
