using k8s;
using k8s.Models;
using Migration.KubernetesStandIn;
using Migration.KubernetesStandIn.Nodes;
using Migration.KubernetesStandIn.Runners;

namespace Migration.Kubernetes.Tests;

public sealed class PodLifeTests
{
    private const string Namespace = IndexedJobs.Namespace;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pod_without_an_address_waits_and_starts_when_there_is_one()
    {
        await using var cluster = await JobTests.NewCluster();
        cluster.KubeletFaults.Sandbox = _ => KubeletFaults.NoAddress;
        await CreateAsync(cluster, IndexedJobs.New(count: 1));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(30));

        var told = cluster.EventsIn(Namespace).Where(one => one.Reason == "FailedCreatePodSandBox").ToList();
        Assert.Equal(3, told.Count);
        Assert.All(told, one => Assert.EndsWith("failed to assign an IP address to container", one.Message, StringComparison.Ordinal));
        Assert.Equal("Pending", cluster.PodsIn(Namespace)[0].Status.Phase);
        Assert.Equal("ContainerCreating", cluster.PodsIn(Namespace)[0].Status.ContainerStatuses[0].State.Waiting.Reason);

        cluster.KubeletFaults.Sandbox = null;
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(15));
        Assert.Equal(1, cluster.Job(Namespace, "w")!.Status.Ready);
    }

    [Fact]
    public async Task A_missing_secret_is_named_and_waited_for()
    {
        await using var cluster = await JobTests.NewCluster();
        await CreateAsync(cluster, IndexedJobs.New(count: 1, change: job => job.Spec.Template.Spec.Containers[0].EnvFrom =
            [new V1EnvFromSource { SecretRef = new V1SecretEnvSource { Name = "connections" } }]));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(5));
        var waiting = cluster.PodsIn(Namespace)[0].Status.ContainerStatuses[0].State.Waiting;
        Assert.Equal(("CreateContainerConfigError", "secret \"connections\" not found"), (waiting.Reason, waiting.Message));

        cluster.Add(new V1Secret { Metadata = new V1ObjectMeta { Name = "connections", NamespaceProperty = Namespace } });
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(15));
        Assert.Equal(1, cluster.Job(Namespace, "w")!.Status.Ready);
    }

    [Fact]
    public async Task A_preempted_pod_is_replaced_and_does_not_count_as_failed()
    {
        await using var cluster = await JobTests.NewCluster();
        await CreateAsync(cluster, IndexedJobs.New(count: 2));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(3));
        var first = cluster.PodsIn(Namespace)[0].Metadata.Name;
        cluster.Preempt(Namespace, first);
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(20));

        var job = cluster.Job(Namespace, "w")!;
        Assert.Equal((2, 2, null, ""), (job.Status.Active, job.Status.Ready, job.Status.Failed, job.Status.FailedIndexes));
        Assert.DoesNotContain(cluster.PodsIn(Namespace), pod => pod.Metadata.Name == first);
    }

    [Fact]
    public async Task Pods_of_a_node_that_is_taken_away_come_back_on_another()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 2);
        await CreateAsync(cluster, IndexedJobs.New(count: 4));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(3));
        cluster.RemoveNode("node-1");
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(4, cluster.Job(Namespace, "w")!.Status.Ready);
        Assert.All(cluster.PodsIn(Namespace), pod => Assert.Equal("node-2", pod.Spec.NodeName));
        Assert.Null(cluster.Job(Namespace, "w")!.Status.Failed);
    }

    [Fact]
    public async Task Pods_of_a_silent_node_are_given_up_after_their_toleration_and_end_when_it_is_back()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 2);
        await CreateAsync(cluster, IndexedJobs.New(count: 4));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(3));
        cluster.LoseNode("node-1");
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(200));
        Assert.Equal((4, 2), (cluster.Job(Namespace, "w")!.Status.Active, cluster.Job(Namespace, "w")!.Status.Ready));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(120));
        Assert.Equal((2, 2), (cluster.Job(Namespace, "w")!.Status.Active, cluster.Job(Namespace, "w")!.Status.Terminating));

        cluster.ReturnNode("node-1");
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((4, 0), (cluster.Job(Namespace, "w")!.Status.Ready, cluster.Job(Namespace, "w")!.Status.Terminating));
    }

    [Fact]
    public async Task An_index_that_crashes_is_tried_again_with_growing_pauses_and_then_given_up()
    {
        await using var cluster = await JobTests.NewCluster();
        cluster.Pods.Script = start => start.Index == 1 ? PodScript.Crash(1) : new PodScript();
        await CreateAsync(cluster, IndexedJobs.New(count: 2, perIndex: 2));
        await cluster.AdvanceAsync(TimeSpan.FromMinutes(2));

        var status = cluster.Job(Namespace, "w")!.Status;
        Assert.Equal((1, 3, "1"), (status.Active, status.Failed, status.FailedIndexes));
        Assert.Null(status.Conditions);
    }

    [Fact]
    public async Task A_job_scaled_to_nothing_completes_and_its_time_to_live_removes_it()
    {
        await using var cluster = await JobTests.NewCluster();
        using var client = cluster.NewClient();
        await CreateAsync(cluster, IndexedJobs.New(count: 2, change: job => job.Spec.TtlSecondsAfterFinished = 60));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(3));
        await client.BatchV1.PatchNamespacedJobAsync(
            new V1Patch("""{"spec":{"completions":0,"parallelism":0}}""", V1Patch.PatchType.MergePatch), "w", Namespace, cancellationToken: Cancellation);
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.Equal("Complete", cluster.Job(Namespace, "w")!.Status.Conditions[^1].Type);
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(70));
        Assert.Null(cluster.Job(Namespace, "w"));
        Assert.Empty(cluster.PodsIn(Namespace));
    }

    [Fact]
    public async Task A_job_goes_with_its_owner_and_one_of_an_owner_that_is_not_there_goes_at_once()
    {
        await using var cluster = await JobTests.NewCluster();
        cluster.Add(new V1ReplicaSet { Metadata = new V1ObjectMeta { Name = "coordinator", NamespaceProperty = Namespace } });
        var owner = cluster.All<V1ReplicaSet>(Namespace)[0].Metadata.Uid;
        await CreateAsync(cluster, IndexedJobs.New("owned", 1, change: job => job.Metadata.OwnerReferences = [Reference(owner)]));
        await CreateAsync(cluster, IndexedJobs.New("lost", 1, change: job => job.Metadata.OwnerReferences = [Reference("no-such-uid")]));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(["owned"], cluster.All<V1Job>(Namespace).Select(job => job.Metadata.Name));

        cluster.Delete<V1ReplicaSet>(Namespace, "coordinator");
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(cluster.All<V1Job>(Namespace));
        Assert.Empty(cluster.PodsIn(Namespace));

        static V1OwnerReference Reference(string uid) => new() { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = "coordinator", Uid = uid };
    }

    [Fact]
    public async Task A_job_deleted_without_a_policy_leaves_its_pods_and_with_one_takes_them_along()
    {
        await using var cluster = await JobTests.NewCluster();
        using var http = new HttpClient { BaseAddress = cluster.Address };
        await CreateAsync(cluster, IndexedJobs.New("a", 1));
        await CreateAsync(cluster, IndexedJobs.New("b", 1));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(3));
        using var orphaning = await http.DeleteAsync("/apis/batch/v1/namespaces/rec/jobs/a", Cancellation);
        Assert.Contains("child pods are preserved by default", orphaning.Headers.Warning.Single().Text, StringComparison.Ordinal);
        using var foreground = await http.DeleteAsync("/apis/batch/v1/namespaces/rec/jobs/b?propagationPolicy=Foreground", Cancellation);
        Assert.NotNull(cluster.Job(Namespace, "b")!.Metadata.DeletionTimestamp);
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(10));

        Assert.Empty(cluster.All<V1Job>(Namespace));
        var left = Assert.Single(cluster.PodsIn(Namespace));
        Assert.StartsWith("a-0", left.Metadata.Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_hundreds_of_pods_only_the_first_are_told_in_events_of_their_job()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 20, cpu: "8");
        await CreateAsync(cluster, IndexedJobs.New(count: 300));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(5));

        Assert.Equal(300, cluster.Job(Namespace, "w")!.Status.Ready);
        Assert.Equal(25, cluster.EventsIn(Namespace).Where(one => one.InvolvedObject.Kind == "Job").Sum(one => one.Count));
    }

    private static async Task CreateAsync(Cluster cluster, V1Job job)
    {
        using var client = cluster.NewClient();
        await client.BatchV1.CreateNamespacedJobAsync(job, Namespace, cancellationToken: Cancellation);
    }
}
