using k8s.Models;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>The cluster where a run's workers are to be: checked before anything is made, filled, and cleared at the end.</summary>
internal sealed class KubernetesPlace(
    KubernetesRequest request, WorkerJobTemplate template, ILoggerFactory loggers, IAnsiConsole console, TimeProvider time)
{
    /// <summary>Workers see within seconds that the run is over, and end by themselves.</summary>
    private static readonly TimeSpan TimeToLeave = TimeSpan.FromSeconds(20);

    private readonly ILogger<JobScaler> _logger = loggers.CreateLogger<JobScaler>();

    /// <summary>
    /// Everything that the cluster would refuse later is found out now: version, rights, namespace, a Job of somebody else,
    /// a field that the server does not know. Nothing is made.
    /// </summary>
    /// <param name="run">Null for one that is not in the ledger yet.</param>
    public async Task CheckAsync(RunRecord? run, string runName, CancellationToken cancellationToken)
    {
        using var cluster = Open(ApiRetry.TriesBeforeStart);
        await cluster.CheckVersionAsync(cancellationToken);
        if (await cluster.FindJobAsync(template.Name, cancellationToken) is { } job)
        {
            if (!JobOwnership.IsOurs(job, run?.Id ?? Guid.Empty))
                throw JobOwnership.Refuse(job, cluster.Namespace);
            return;
        }

        var rehearsed = run ?? new RunRecord(Guid.Empty, runName, RunState.Planning, "", "", null, default, null, null);
        await cluster.CreateJobAsync(
            WorkerJobManifest.Build(template, rehearsed, cluster.Namespace, 1, owner: null), rehearse: true, cancellationToken);
    }

    public async Task<IRunWorkers> StartAsync(RunRecord run, NpgsqlDataSource target, CancellationToken cancellationToken)
    {
        var retry = ApiRetry.Create(ApiRetry.TriesWhileRunning, _logger, time);
        var cluster = ClusterAccess.Open(request, template, retry);
        var wanted = new WantedWorkers(new ScalingLedger(target), run.Id, WorkerPlace.Kubernetes);
        await wanted.ReadAsync(request.Workers ?? template.Parallelism ?? 1, cancellationToken);
        var owner = await FindOwnerAsync(cluster, cancellationToken);
        var state = new ClusterState();
        console.MarkupLineInterpolated(
            $"{wanted.Count} workers wanted as pods of Job {cluster.Namespace}/{template.Name}: first {template.Waves.First}, then {template.Waves.Step} at a time");
        return new KubernetesWorkers(
            cluster, state, new ClusterWatches(cluster, template.Name, run.Id, state, retry, time),
            new JobScaler(cluster, state, run, owner, time, _logger), new WorkerJobFile(request.WorkerJob, template, _logger, time),
            request.Workers, wanted, time, loggers.CreateLogger<KubernetesWorkers>());
    }

    /// <summary>
    /// After the verdict: workers end by themselves when they see it. Pods that are left, as those that found no node, are
    /// let go; the Job is then over, and its own time to live removes it.
    /// </summary>
    public async Task LetGoAsync(RunRecord run, CancellationToken cancellationToken)
    {
        using var cluster = Open(ApiRetry.TriesBeforeStart);
        if (await cluster.FindJobAsync(template.Name, cancellationToken) is not { End: null } job || job.RunId != run.Id.ToString())
            return;
        if (await EndsAsync(cluster, job, run, cancellationToken))
            return;
        _logger.LastPodsLetGo(cluster.Namespace, job.Name);
        await cluster.PatchJobAsync(job.Name, JobScaler.Sizes(0, 0), cancellationToken);
    }

    private async Task<bool> EndsAsync(Cluster cluster, WorkerJob job, RunRecord run, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var state = new ClusterState();
        var watches = new ClusterWatches(cluster, job.Name, run.Id, state, ApiRetry.Create(ApiRetry.TriesBeforeStart, _logger, time), time);
        var watching = watches.FollowJobAsync(end.Token);
        var since = time.GetTimestamp();
        state.Show(job);
        while (state.Job is { End: null } && !watching.IsCompleted && time.GetElapsedTime(since) < TimeToLeave)
            await state.ChangedAsync(TimeSpan.FromSeconds(1), time, cancellationToken);
        await end.CancelAsync();
        await watching.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return state.Job is not { End: null };
    }

    /// <summary>The controller of the pod that this process is in, a ReplicaSet or a Job: the Job goes when all of them are gone.</summary>
    private async Task<V1OwnerReference?> FindOwnerAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        // An owner in another namespace would have the Job collected at once.
        if (request.Pod is not { } self || self.Namespace != cluster.Namespace)
            return null;
        var pod = await cluster.GetPodAsync(self.Name, cancellationToken);
        return pod.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true);
    }

    private Cluster Open(int tries) => ClusterAccess.Open(request, template, ApiRetry.Create(tries, _logger, time));
}
