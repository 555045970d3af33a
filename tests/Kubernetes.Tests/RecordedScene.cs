using System.Text.Json.Nodes;
using Migration.KubernetesStandIn;
using Migration.KubernetesStandIn.Nodes;
using Migration.KubernetesStandIn.Runners;

namespace Migration.Kubernetes.Tests;

/// <summary>The cluster that the exchanges were recorded from: one node with two cores, and the commands of its Jobs.</summary>
internal sealed class RecordedScene(Cluster cluster) : IAsyncDisposable
{
    public Cluster Cluster => cluster;

    public static async Task<RecordedScene> SetAsync()
    {
        var cluster = await Cluster.StartAsync();
        cluster.AddNamespace(IndexedJobs.Namespace);
        cluster.AddNode("node-1", cpu: "2", memory: "24581684Ki");
        cluster.Pods.Script = Play;
        cluster.KubeletFaults.ImagePull = pod =>
            pod.Spec.Containers[0].Image == "localhost/nothing:here" ? KubeletFaults.NoImage("localhost/nothing:here") : null;
        return new RecordedScene(cluster);
    }

    public Task LaterAsync(double seconds) => cluster.AdvanceAsync(TimeSpan.FromSeconds(seconds));

    public Task<(int Status, JsonNode Answer)> AskAsync(string name, params (string There, string Here)[] rename) =>
        Exchange.Read(name).AskAsync(cluster.Address, null, rename);

    /// <summary>Asks what was asked then, and compares all of the answer that can be the same.</summary>
    public async Task SameAsync(string name)
    {
        var recorded = Exchange.Read(name);
        var (status, answer) = await recorded.AskAsync(cluster.Address);
        Assert.Equal(recorded.Status, status);
        Assert.Equal(Essence.Of(recorded.Answer), Essence.Of(answer));
    }

    /// <summary>Compares some of the answer.</summary>
    public async Task SameAsync(string name, params string[] fields)
    {
        var recorded = Exchange.Read(name);
        var (status, answer) = await recorded.AskAsync(cluster.Address);
        Assert.Equal(recorded.Status, status);
        Assert.Equal(Essence.Of(recorded.Answer, fields), Essence.Of(answer, fields));
    }

    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    // "sleep" heeds no SIGTERM where it is a container's first process.
    private static PodScript Play(ContainerStart start)
    {
        var command = string.Join(' ', start.Container.Command);
        var deaf = new PodScript { StopsAfter = null };
        if (command.Contains("tail /dev/zero", StringComparison.Ordinal))
            return PodScript.OutOfMemory;
        if (command.Contains("exit 64", StringComparison.Ordinal))
            return PodScript.Crash(64, afterSeconds: 0);
        if (command.Contains("exit 1;", StringComparison.Ordinal) && start.Environment["JOB_COMPLETION_INDEX"] == "1")
            return PodScript.Crash(1, afterSeconds: 0);
        return command.Contains("sleep 3;", StringComparison.Ordinal) || command.EndsWith("sleep 3", StringComparison.Ordinal)
            ? deaf with { RunsFor = TimeSpan.FromSeconds(3) }
            : deaf;
    }
}
