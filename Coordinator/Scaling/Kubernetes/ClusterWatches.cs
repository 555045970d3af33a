using k8s;
using k8s.Models;
using Polly;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>The three watches that keep up a <see cref="ClusterState"/>: one list each at the start, none for a pod or a tick.</summary>
internal sealed class ClusterWatches(Cluster cluster, string job, Guid runId, ClusterState state, ResiliencePipeline retry, TimeProvider time)
{
    /// <summary>Why pods find no node stands in the pods themselves; as events it would be the most frequent by far.</summary>
    private const string Warnings = "type=Warning,reason!=FailedScheduling";

    private readonly TaskCompletionSource _jobKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _podsKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The state holds what there was at the start.</summary>
    public Task Known => Task.WhenAll(_jobKnown.Task, _podsKnown.Task);

    /// <summary>Until cancelled.</summary>
    /// <exception cref="Worker.UserException">The cluster does not allow it.</exception>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watches = new[] { FollowJobAsync(end.Token), FollowPodsAsync(end.Token), FollowEventsAsync(end.Token) };
        try
        {
            // None ends but by a refusal or because all shall.
            await await Task.WhenAny(watches);
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(watches).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    public Task FollowJobAsync(CancellationToken cancellationToken)
    {
        var selector = $"metadata.name={job}";
        return new ApiWatch<V1Job, V1JobList>(
            "watch jobs", cluster.Namespace, retry,
            token => cluster.Api.BatchV1.ListNamespacedJobAsync(cluster.Namespace, fieldSelector: selector, cancellationToken: token),
            (version, onError, token) => cluster.Api.BatchV1.WatchListNamespacedJobAsync(
                cluster.Namespace, allowWatchBookmarks: true, fieldSelector: selector, resourceVersion: version,
                timeoutSeconds: ApiWatch<V1Job, V1JobList>.SecondsAtMost, onError: onError, cancellationToken: token))
            .FollowAsync(
                all =>
                {
                    state.Show(all.Where(each => each.Metadata.Name == job).Select(WorkerJob.Of).FirstOrDefault());
                    _jobKnown.TrySetResult();
                },
                Changed, time, cancellationToken);
    }

    private void Changed(V1Job changed, bool isDeleted)
    {
        if (changed.Metadata.Name != job)
            return;
        if (isDeleted)
            state.Remove(WorkerJob.Of(changed));
        else
            state.Show(WorkerJob.Of(changed));
    }

    private Task FollowPodsAsync(CancellationToken cancellationToken)
    {
        var selector = $"{WorkerJobManifest.RunIdLabel}={runId}";
        return new ApiWatch<V1Pod, V1PodList>(
            "watch pods", cluster.Namespace, retry,
            token => cluster.Api.CoreV1.ListNamespacedPodAsync(cluster.Namespace, labelSelector: selector, cancellationToken: token),
            (version, onError, token) => cluster.Api.CoreV1.WatchListNamespacedPodAsync(
                cluster.Namespace, allowWatchBookmarks: true, labelSelector: selector, resourceVersion: version,
                timeoutSeconds: ApiWatch<V1Pod, V1PodList>.SecondsAtMost, onError: onError, cancellationToken: token))
            .FollowAsync(
                all =>
                {
                    state.ShowAll(all.Select(WorkerPod.Of));
                    _podsKnown.TrySetResult();
                },
                (pod, isDeleted) => state.Show(WorkerPod.Of(pod), isDeleted), time, cancellationToken);
    }

    private Task FollowEventsAsync(CancellationToken cancellationToken)
        => new ApiWatch<Corev1Event, Corev1EventList>(
            "watch events", cluster.Namespace, retry,
            token => cluster.Api.CoreV1.ListNamespacedEventAsync(cluster.Namespace, fieldSelector: Warnings, cancellationToken: token),
            (version, onError, token) => cluster.Api.CoreV1.WatchListNamespacedEventAsync(
                cluster.Namespace, allowWatchBookmarks: true, fieldSelector: Warnings, resourceVersion: version,
                timeoutSeconds: ApiWatch<Corev1Event, Corev1EventList>.SecondsAtMost, onError: onError, cancellationToken: token))
            .FollowAsync(
                all =>
                {
                    foreach (var each in all)
                        Warn(each);
                },
                (warning, isDeleted) =>
                {
                    if (!isDeleted)
                        Warn(warning);
                },
                time, cancellationToken);

    private void Warn(Corev1Event warning)
    {
        var about = warning.InvolvedObject?.Name ?? "";
        if ((about == job || about.StartsWith(job + "-", StringComparison.Ordinal)) && ClusterEvent.Of(warning) is { } known)
            state.Show(known);
    }
}
