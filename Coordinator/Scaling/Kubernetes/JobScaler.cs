using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// Brings the worker Job to where it shall be, a step at a time: creates it, adopts it, raises and lowers it, replaces it
/// when it has ended too early. A step looks at what the watches have shown and makes at most one request; what comes of
/// that is seen in a later step. So it makes no difference who made the last one, and whether it was told of the answer.
/// </summary>
/// <param name="owner">Whose end is the Job's as well; null outside a cluster.</param>
internal sealed class JobScaler(
    Cluster cluster, ClusterState state, RunRecord run, V1OwnerReference? owner, TimeProvider time, ILogger<JobScaler> logger)
{
    /// <summary>Jobs that ended without progress before the run is given up.</summary>
    private const int MostJobsWithoutProgress = 3;

    private readonly DeathWatch _deaths = new();
    private readonly HashSet<string> _adopted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _deleted = new(StringComparer.Ordinal);
    private string? _kept;
    private long _progressAtEnd;
    private int _endedWithoutProgress;
    private (int Asked, int Ready) _last;
    private long _changedAt = time.GetTimestamp();

    /// <summary>What is in the way of more workers; null where nothing is.</summary>
    public string? Note { get; private set; }

    /// <summary>The same for as long as only the numbers in <see cref="Note"/> change.</summary>
    public string NoteKinds { get; private set; } = "";

    /// <summary>Ready at the last step.</summary>
    public int Ready => _last.Ready;

    /// <exception cref="UserException">The Job is somebody else's, no worker can work, or the cluster refuses.</exception>
    public Task StepAsync(WorkerJobTemplate template, int wanted, RunPulse pulse, CancellationToken cancellationToken)
        => state.Job switch
        {
            null => CreateAsync(template, wanted, cancellationToken),
            var job when !JobOwnership.IsOurs(job, run.Id) => throw JobOwnership.Refuse(job, cluster.Namespace),
            { IsBeingDeleted: true } => Say("The worker Job is being deleted; its pods stop first.", "deleted"),
            var job when _deleted.Contains(job.Uid) => Task.CompletedTask,
            { End: { } end } job => FollowUpAsync(job, end, pulse, cancellationToken),
            var job when Replaces(job, template) => DeleteAsync(job, "its pod template has changed", cancellationToken),
            var job => _adopted.Contains(job.Uid)
                ? ScaleAsync(job, template, wanted, pulse, cancellationToken)
                : AdoptAsync(job, cancellationToken),
        };

    private async Task CreateAsync(WorkerJobTemplate template, int wanted, CancellationToken cancellationToken)
    {
        if (wanted == 0)
        {
            await Say("No worker is wanted; the run waits.", "none");
            return;
        }

        var workers = Waves.First(wanted, template.Waves);
        var manifest = WorkerJobManifest.Build(template, run, cluster.Namespace, workers, owner);

        // Null: another of the name came in between, or the answer to an earlier try was lost. The watch shows whose it is.
        if (await cluster.CreateJobAsync(manifest, rehearse: false, cancellationToken) is not { } job)
            return;
        logger.JobCreated(cluster.Namespace, job.Name, workers, wanted);
        _adopted.Add(job.Uid);
        state.Show(job);
    }

    private async Task AdoptAsync(WorkerJob job, CancellationToken cancellationToken)
    {
        if (owner is not null && job.Owners.All(each => each.Uid != owner.Uid))
        {
            // A list is replaced as a whole by a merge patch: only as it was read.
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["resourceVersion"] = job.ResourceVersion,
                    ["ownerReferences"] = new JsonArray([.. job.Owners.Append(owner).Select(WorkerJobManifest.Reference)]),
                },
            };
            if (await cluster.PatchJobAsync(job.Name, patch, cancellationToken) is not { } owned)
                return;
            state.Show(owned);
        }

        logger.JobAdopted(cluster.Namespace, job.Name, job.Parallelism);
        _adopted.Add(job.Uid);
    }

    private async Task ScaleAsync(
        WorkerJob job, WorkerJobTemplate template, int wanted, RunPulse pulse, CancellationToken cancellationToken)
    {
        var pods = state.Pods;
        var census = WorkerCensus.Of(job, pods, state.Warnings);
        if (_deaths.Look([.. pods.Where(pod => pod.JobUid == job.Uid)], pulse.Progress, job.Parallelism) is { } hopeless)
        {
            await cluster.PatchJobAsync(job.Name, Sizes(0, 0), cancellationToken);
            throw new UserException(ExitCode.Incomplete, hopeless);
        }

        if (census.Pending == 0)
            state.Forget(job.Uid);
        await TellAsync(census, wanted);
        var next = Waves.Next(wanted, template.Waves, census);
        if (next == job.Parallelism)
            return;

        // A Job of no completions has succeeded: to wait for workers it keeps them, and has none at work.
        if (await cluster.PatchJobAsync(job.Name, Sizes(next, next == 0 ? null : next), cancellationToken) is not { } scaled)
            return;
        logger.JobScaled(job.Parallelism, next, wanted);
        state.Show(scaled);
    }

    /// <summary>
    /// A Job that has ended while the run goes on: every worker ended in order or was given up, or none can work. One that
    /// had ended before this coordinator came is an earlier attempt's.
    /// </summary>
    private async Task FollowUpAsync(WorkerJob job, JobEnd end, RunPulse pulse, CancellationToken cancellationToken)
    {
        if (_adopted.Contains(job.Uid))
        {
            if (end.IsByConfiguration)
                throw new UserException($"A worker cannot work: {LastWords(job) ?? end.Message}");
            _endedWithoutProgress = pulse.Progress > _progressAtEnd ? 0 : _endedWithoutProgress + 1;
            _progressAtEnd = pulse.Progress;
            if (_endedWithoutProgress > MostJobsWithoutProgress)
            {
                throw new UserException(
                    ExitCode.Incomplete,
                    $"The worker Job {cluster.Namespace}/{job.Name} ended {_endedWithoutProgress} times and no slice was taken up meanwhile; "
                    + $"the last time: {end.Reason}, {end.Message}. A worker said: {LastWords(job) ?? "nothing"}");
            }
        }

        await DeleteAsync(job, end.IsComplete ? "it has ended and the run has not" : $"it has failed ({end.Reason})", cancellationToken);
    }

    private bool Replaces(WorkerJob job, WorkerJobTemplate template)
    {
        if (job.TemplateHash == template.Hash || template.ReplaceOnChange)
            return job.TemplateHash != template.Hash;
        if (_kept != template.Hash)
            logger.TemplateKept(cluster.Namespace, job.Name);
        _kept = template.Hash;
        return false;
    }

    private async Task DeleteAsync(WorkerJob job, string reason, CancellationToken cancellationToken)
    {
        await cluster.DeleteJobAsync(job, cancellationToken);
        _deleted.Add(job.Uid);
        logger.JobReplaced(cluster.Namespace, job.Name, reason);
    }

    /// <summary>What the worker said that ended for its configuration, else the last one that failed.</summary>
    private string? LastWords(WorkerJob job)
        => state.Pods.Where(pod => pod.JobUid == job.Uid && pod is { State: PodState.Failed, Detail: not null })
            .OrderByDescending(pod => pod.ExitCode == ExitCode.Configuration).ThenByDescending(pod => pod.CreatedAt).FirstOrDefault()?.Detail;

    private Task TellAsync(WorkerCensus census, int wanted)
    {
        if ((census.Asked, census.Ready) != _last)
            (_last, _changedAt) = ((census.Asked, census.Ready), time.GetTimestamp());
        var unchanged = time.GetElapsedTime(_changedAt);
        return Say(ScalingNote.Of(wanted, census, unchanged), ScalingNote.Kinds(census, unchanged));
    }

    private Task Say(string? note, string kinds)
    {
        (Note, NoteKinds) = (note, kinds);
        return Task.CompletedTask;
    }

    internal static JsonObject Sizes(int parallelism, int? completions)
    {
        var spec = new JsonObject { ["parallelism"] = parallelism };
        if (completions is { } count)
            spec["completions"] = count;
        return new JsonObject { ["spec"] = spec };
    }
}
