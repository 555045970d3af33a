using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Scaling.Kubernetes;
using Migration.Worker;
using Polly;

namespace Migration.Coordinator.Planning;

/// <summary>
/// Looks at a cluster for a plan. What it may not read it says and goes on without; what the user can mend it notes, so that
/// one plan shows all of it.
/// </summary>
internal sealed class ClusterSurveyor(Cluster cluster, WorkerJobTemplate template, ResiliencePipeline retry)
{
    private const int Tries = 4;
    private const int PageSize = 500;

    // The pods of a Job carry its name in this label since Kubernetes 1.27.
    private const string JobLabel = "batch.kubernetes.io/job-name";

    private readonly List<string> _problems = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _notChecked = [];
    private readonly List<ClusterWall> _walls = [];

    private IKubernetes Api => cluster.Api;

    /// <exception cref="UserException">There is no way to the cluster.</exception>
    public static async Task<ClusterSurvey> TakeAsync(
        KubernetesRequest request, WorkerJobTemplate template, string runName, int workers, CancellationToken cancellationToken)
    {
        var retry = ApiRetry.Create(Tries, NullLogger.Instance, TimeProvider.System);
        using var cluster = ClusterAccess.Open(request, template, retry);
        return await new ClusterSurveyor(cluster, template, retry).TakeAsync(runName, workers, cancellationToken);
    }

    private async Task<ClusterSurvey> TakeAsync(string runName, int workers, CancellationToken cancellationToken)
    {
        // The first request: whether there is a way to the cluster at all.
        var version = await AskAsync("read the version", token => Api.Version.GetCodeAsync(token), cancellationToken);
        await NoteAsync(() => cluster.CheckVersionAsync(cancellationToken));
        var missing = await AskAsync(
            "review rights", token => ClusterRights.FindMissingAsync(Api, cluster.Namespace, token), cancellationToken);
        _problems.AddRange(missing ?? []);
        if (missing is { Count: 0 })
            await NoteAsync(() => RehearseAsync(runName, cancellationToken));
        await MeasureAsync(cancellationToken);
        return new ClusterSurvey(
            version?.GitVersion, cluster.Namespace, template.Name, workers, ClusterSurvey.InOrder(_walls), _problems, _notes, _notChecked);
    }

    private async Task NoteAsync(Func<Task> look)
    {
        try
        {
            await look();
        }
        catch (UserException e) when (e.Code != ExitCode.Unreachable)
        {
            _problems.Add(e.Message);
        }
    }

    /// <summary>Has the server check the Job without making it: fields, namespace, names.</summary>
    private async Task RehearseAsync(string runName, CancellationToken cancellationToken)
    {
        if (await cluster.FindJobAsync(template.Name, cancellationToken) is { } job)
        {
            _notes.Add(
                $"Job '{job.Name}' is there already{(job.End is null ? "" : " and has ended")}. A run goes on with it only if it made it; its pods are not counted as in the way.");
            return;
        }

        var run = new RunRecord(Guid.Empty, runName, RunState.Planning, "", "", null, default, null, null);
        await cluster.CreateJobAsync(
            WorkerJobManifest.Build(template, run, cluster.Namespace, 1, owner: null), rehearse: true, cancellationToken);
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        if (PodOf(template) is not { } pod)
            return;
        var ranges = await AskAsync(
            "list limit ranges", token => Api.CoreV1.ListNamespacedLimitRangeAsync(cluster.Namespace, cancellationToken: token), cancellationToken);
        var needs = WorkerNeeds.Of(pod, ranges?.Items ?? []);
        _problems.AddRange(NamespaceLimits.OfLimitRanges(ranges?.Items ?? [], needs));
        if (!needs.Requests.ContainsKey("cpu") || !needs.Requests.ContainsKey("memory"))
            _notes.Add("The worker Job does not request both cpu and memory, so nodes are filled without regard to them.");
        if (pod.TopologySpreadConstraints is { Count: > 0 } || pod.Affinity is { PodAffinity: not null } or { PodAntiAffinity: not null })
            _notChecked.Add("topology spread and pod affinity: they may keep workers from nodes that have room");

        var own = await OwnPodsAsync(cancellationToken);
        var quotas = await AskAsync(
            "list resource quotas", token => Api.CoreV1.ListNamespacedResourceQuotaAsync(cluster.Namespace, cancellationToken: token), cancellationToken);
        _walls.AddRange(NamespaceLimits.OfQuotas(quotas?.Items ?? [], needs, own));
        await MeasureNodesAsync(needs, cancellationToken);
    }

    private async Task MeasureNodesAsync(WorkerNeeds needs, CancellationToken cancellationToken)
    {
        var nodes = await AskAsync("list nodes", token => Api.CoreV1.ListNodeAsync(cancellationToken: token), cancellationToken);
        if (nodes is null)
            return;
        var pods = await AskAsync("list pods of all namespaces", AllPodsAsync, cancellationToken);
        if (pods is not null)
            _walls.AddRange(NodeWalls.Of([.. nodes.Items], pods, needs));
    }

    private V1PodSpec? PodOf(WorkerJobTemplate job)
    {
        try
        {
            var pod = KubernetesJson.Deserialize<V1PodTemplateSpec>(job.Manifest["spec"]?["template"]?.ToJsonString() ?? "{}").Spec;
            if (pod?.Containers is { Count: > 0 })
                return pod;
            _problems.Add("the worker Job has no container: spec.template.spec.containers is missing.");
        }
        catch (JsonException e)
        {
            _problems.Add($"the worker Job's pod template cannot be read: {TransientRetry.FirstLine(e)}");
        }

        return null;
    }

    private bool IsOwn(V1Pod pod) =>
        pod.Metadata.NamespaceProperty == cluster.Namespace && pod.Metadata.Labels?.TryGetValue(JobLabel, out var job) == true && job == template.Name;

    private async Task<int> OwnPodsAsync(CancellationToken cancellationToken)
    {
        var own = await AskAsync(
            "list pods",
            token => Api.CoreV1.ListNamespacedPodAsync(
                cluster.Namespace, labelSelector: $"{JobLabel}={template.Name}", fieldSelector: "status.phase!=Succeeded,status.phase!=Failed",
                cancellationToken: token),
            cancellationToken);
        return own?.Items.Count ?? 0;
    }

    private async Task<List<V1Pod>> AllPodsAsync(CancellationToken cancellationToken)
    {
        var pods = new List<V1Pod>();
        string? next = null;
        do
        {
            var page = await Api.CoreV1.ListPodForAllNamespacesAsync(
                limit: PageSize, continueParameter: next, fieldSelector: "status.phase!=Succeeded,status.phase!=Failed", cancellationToken: cancellationToken);
            pods.AddRange(page.Items.Where(pod => pod.Spec.NodeName is not null && !IsOwn(pod)));
            next = page.Metadata.ContinueProperty;
        }
        while (!string.IsNullOrEmpty(next));
        return pods;
    }

    /// <returns>Null when it may not be read, which is noted.</returns>
    private async Task<T?> AskAsync<T>(string what, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await retry.ExecuteAsync(async token => await ask(token), cancellationToken);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Forbidden)
        {
            _notChecked.Add($"{Subject(what)}: {ApiFaults.Message(e)}");
            return null;
        }
        catch (Exception e) when (e is not UserException && !cancellationToken.IsCancellationRequested)
        {
            throw ApiFaults.Describe(e, what, cluster.Namespace);
        }
    }

    private static string Subject(string what) => what[(what.IndexOf(' ') + 1)..];
}
