using System.Diagnostics;
using k8s;
using k8s.Models;
using Migration.KubernetesStandIn;
using Migration.KubernetesStandIn.Runners;

namespace Migration.Kubernetes.Tests;

public sealed class JobTests
{
    [Fact]
    public async Task A_job_becomes_ready_and_completes()
    {
        await using var cluster = await NewCluster();
        cluster.Pods.Script = _ => new PodScript { RunsFor = TimeSpan.FromSeconds(5) };
        using var client = cluster.NewClient();
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New(), IndexedJobs.Namespace);

        await cluster.AdvanceAsync(TimeSpan.FromSeconds(3));
        var status = cluster.Job(IndexedJobs.Namespace, "w")!.Status;
        Assert.Equal((2, 2), (status.Active, status.Ready));

        await cluster.AdvanceAsync(TimeSpan.FromSeconds(10));
        status = cluster.Job(IndexedJobs.Namespace, "w")!.Status;
        Assert.Equal((null, 2, "0,1"), (status.Active, status.Succeeded, status.CompletedIndexes));
        Assert.Equal(["SuccessCriteriaMet", "Complete"], status.Conditions.Select(condition => condition.Type));
    }

    [Fact]
    public async Task Two_thousand_pods_take_seconds()
    {
        await using var cluster = await NewCluster(nodes: 0);
        cluster.AddNodes(60, cpu: "16", memory: "64Gi", pods: 60);
        using var client = cluster.NewClient();
        var started = Stopwatch.GetTimestamp();
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New(count: 2_000), IndexedJobs.Namespace);
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(2_000, cluster.Job(IndexedJobs.Namespace, "w")!.Status.Ready);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromMinutes(2));
    }

    internal static async Task<Cluster> NewCluster(int nodes = 1, string cpu = "2", string memory = "24581684Ki", ClusterOptions? options = null)
    {
        var cluster = await Cluster.StartAsync(options);
        cluster.AddNamespace(IndexedJobs.Namespace);
        cluster.AddNodes(nodes, cpu, memory);
        return cluster;
    }
}
