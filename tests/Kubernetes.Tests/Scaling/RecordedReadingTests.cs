using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Migration.Coordinator.Scaling.Kubernetes;

namespace Migration.Kubernetes.Tests.Scaling;

/// <summary>What the scaler makes of what a real API server has answered.</summary>
public sealed class RecordedReadingTests
{
    [Fact]
    public void A_running_job_and_its_pods_are_all_ready()
    {
        var job = Job("03-get-job-running");
        var pods = Pods("04-list-pods-running");

        var census = Census(job, pods);

        Assert.Equal((2, 2, false), (job.Parallelism, job.Completions, job.IsManaged));
        Assert.Null(job.End);
        Assert.Equal((2, 0), (census.Ready, census.Pending));
        Assert.Equal([0, 1], pods.Select(pod => pod.Index));
        Assert.All(pods, pod => Assert.Equal(job.Uid, pod.JobUid));
    }

    [Fact]
    public void Pods_that_were_scaled_away_leave_and_do_not_count()
    {
        var pods = Pods("13-pods-after-scale-down");

        Assert.Equal(
            [PodState.Ready, PodState.Leaving, PodState.Leaving, PodState.Leaving, PodState.Leaving], pods.Select(pod => pod.State));
        Assert.Equal((1, 0), (Census(Job("14-job-after-scale-down"), pods).Ready, Census(Job("14-job-after-scale-down"), pods).Pending));
    }

    [Fact]
    public void Pods_without_a_node_are_explained()
    {
        var census = Census(Job("23-job-some-pending"), Pods("21-pods-some-unschedulable"));

        Assert.Equal(
            "2 of 4 workers run; 2 wait: no node has room (0/1 nodes are available: 1 Insufficient cpu).",
            ScalingNote.Of(4, census, TimeSpan.Zero));
    }

    [Fact]
    public void An_evicted_pod_is_leaving_and_then_disrupted()
    {
        Assert.Equal(PodState.Leaving, Pods("25-pod-evicted-terminating")[0].State);
        var after = Pods("26-pods-after-eviction")[0];
        Assert.Equal((PodState.Disrupted, 0), (after.State, after.Index));
    }

    [Fact]
    public void A_job_that_failed_by_its_policy_says_so()
    {
        var end = Job("34-job-cfg").End!;

        Assert.True(end.IsByConfiguration);
        Assert.Equal("Container worker for pod rec/cfg-0-hslz8 failed with exit code 64 matching FailJob rule at index 1", end.Message);
        Assert.All(Pods("35-pods-cfg"), pod => Assert.Equal((PodState.Failed, 64), (pod.State, pod.ExitCode)));
    }

    [Fact]
    public void A_job_whose_indexes_failed_names_them()
    {
        var job = Job("34-job-crash");

        Assert.Equal(("1", "0"), (job.FailedIndexes, job.CompletedIndexes));
        Assert.Equal((false, "FailedIndexes"), (job.End!.IsByConfiguration, job.End.Reason));
        Assert.Equal([PodState.Succeeded, PodState.Failed, PodState.Failed], Pods("35-pods-crash").Select(pod => pod.State));
    }

    [Fact]
    public void An_image_that_is_not_there_is_explained()
    {
        var note = ScalingNote.Of(1, Census(Job("34-job-img"), Pods("35-pods-img")), TimeSpan.Zero);

        Assert.StartsWith("0 of 1 workers run; 1 waits: the image cannot be pulled (ErrImagePull: failed to pull and unpack image", note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_out_of_memory_is_explained()
    {
        var pod = Pods("35-pods-oom")[0];

        Assert.Equal((PodState.Failed, 137, "OOMKilled"), (pod.State, pod.ExitCode, pod.Detail));
    }

    [Fact]
    public void A_quota_is_explained_by_the_jobs_latest_event()
    {
        var job = Job("42-job-over-quota");
        var state = new ClusterState();
        foreach (var each in Body("44-events-over-quota")["items"]!.AsArray().Select(Read<Corev1Event>).Select(ClusterEvent.Of).OfType<ClusterEvent>())
            state.Show(each);

        var census = WorkerCensus.Of(job, Pods("43-pods-over-quota"), state.Warnings);

        Assert.Equal(
            "2 of 4 workers run; 2 wait: the cluster refuses more pods (exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2).",
            ScalingNote.Of(4, census, TimeSpan.Zero));
    }

    [Fact]
    public void Events_that_explain_no_waiting_are_left_out()
        => Assert.Empty(Body("37-events-pods")["items"]!.AsArray().Select(Read<Corev1Event>).Select(ClusterEvent.Of).OfType<ClusterEvent>());

    [Fact]
    public void A_watch_over_a_jobs_life_ends_with_its_end()
    {
        var lines = Body("50-watch-jobs").AsArray().Where(line => (string?)line!["type"] != "BOOKMARK").Select(line => WorkerJob.Of(Read<V1Job>(line!["object"]))).ToList();

        Assert.All(lines[..^1], job => Assert.Null(job.End));
        Assert.Equal(new JobEnd(true, "CompletionsReached", "Reached expected number of succeeded pods"), lines[^1].End);
        Assert.Equal("0,1", lines[^1].CompletedIndexes);
    }

    private static WorkerCensus Census(WorkerJob job, IEnumerable<WorkerPod> pods)
        => WorkerCensus.Of(job, pods, new Dictionary<string, ClusterEvent>());

    private static WorkerJob Job(string exchange) => WorkerJob.Of(Read<V1Job>(Body(exchange)));

    private static List<WorkerPod> Pods(string exchange)
        => [.. Body(exchange)["items"]!.AsArray().Select(Read<V1Pod>).Select(WorkerPod.Of).OrderBy(pod => pod.Index).ThenBy(pod => pod.CreatedAt)];

    private static T Read<T>(JsonNode? node) => KubernetesJson.Deserialize<T>(node!.ToJsonString());

    private static JsonNode Body(string exchange) => JsonNode.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Exchanges", exchange + ".json")))!["response"]!["body"]!;
}
