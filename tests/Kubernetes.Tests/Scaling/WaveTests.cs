using Migration.Contracts.Ledger;
using Migration.KubernetesStandIn.Runners;

namespace Migration.Kubernetes.Tests.Scaling;

public sealed class WaveTests
{
    private const int Wave = 25;

    [Fact]
    public async Task With_room_for_60_of_300_60_run_and_the_others_follow_in_waves_when_there_is_room()
    {
        await using var bench = await Bench.CreateAsync(300, room: 60);
        await bench.StartAsync();

        await bench.UntilAsync("60 run", () => bench.Ready == 60, () => AtMostAWaveIsPending(bench));
        await bench.NoteSaysAsync("60 of 300 workers run; 20 wait: no node has room (0/15 nodes are available: 15 Insufficient cpu).");
        await bench.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal((80, 60, 3), (bench.Asked, bench.Ready, bench.Patches));
        Assert.Single(bench.Log.Lines, line => line.Contains("no node has room", StringComparison.Ordinal));

        bench.Cluster.AddNodes(60, cpu: "2", prefix: "more");
        await bench.AllReadyAsync(300, () => AtMostAWaveIsPending(bench));

        await bench.NoteIsGoneAsync();
        Assert.Equal((1, 12), (bench.Creations, bench.Patches));
        Assert.Equal(13, bench.Cluster.Requests.Writes.Count);
        foreach (var resource in new[] { "jobs", "pods", "events" })
            Assert.Equal(1, bench.Cluster.Requests.Count("list", resource));
        Assert.Equal(0, bench.Cluster.Requests.All.Count(request => request.Verb == "get"));
        var asked = bench.Cluster.Requests.All.Where(request => request.Verb == "patch").Select(request => request.Body);
        Assert.Equal("""{"spec":{"parallelism":30,"completions":30}}""", asked.First());
        await bench.UntilAsync("it is told", () => bench.Log.Lines.Contains("All 300 workers run"));
    }

    [Fact]
    public async Task Two_thousand_workers_come_up_wave_by_wave()
    {
        await using var bench = await Bench.CreateAsync(2_000, room: 0);
        bench.Cluster.AddNodes(64, cpu: "16", memory: "64Gi");
        await bench.StartAsync();

        await bench.AllReadyAsync(2_000, () => AtMostAWaveIsPending(bench));

        Assert.Equal((1, 80), (bench.Creations, bench.Patches));
        Assert.Equal(1, bench.Cluster.Requests.Count("list", "pods"));
    }

    [Fact]
    public async Task The_sizes_of_waves_are_the_templates()
    {
        await using var bench = await Bench.CreateAsync(
            10, room: 20, text => text.Replace("annotations: {}", "annotations: { migration/first-wave: \"1\", migration/wave: \"4\" }", StringComparison.Ordinal));
        await bench.StartAsync();

        await bench.AllReadyAsync(10);

        Assert.Equal(
            [5, 9, 10],
            bench.Cluster.Requests.All.Where(request => request.Verb == "patch")
                .Select(request => (int)System.Text.Json.Nodes.JsonNode.Parse(request.Body)!["spec"]!["completions"]!));
    }

    [Fact]
    public async Task A_pod_that_does_not_become_ready_holds_the_next_wave_and_is_told_after_two_minutes()
    {
        await using var bench = await Bench.CreateAsync(40, room: 40);
        var slow = true;
        bench.Cluster.Pods.Script = start => new PodScript { ReadyAfter = start.Index == 3 && slow ? null : TimeSpan.FromSeconds(1) };
        await bench.StartAsync();

        await bench.NoteSaysAsync("4 of 40 workers run; 1 waits: not ready for 2 minutes and more");
        Assert.Equal((5, 0), (bench.Asked, bench.Patches));
        slow = false;
        bench.Cluster.Preempt(Bench.Namespace, bench.Cluster.PodsIn(Bench.Namespace).First(pod => pod.Metadata.Name.Contains("-3-", StringComparison.Ordinal)).Metadata.Name);

        await bench.AllReadyAsync(40);
        await bench.NoteIsGoneAsync();
    }

    [Fact]
    public async Task Scale_is_followed_up_down_and_to_none_at_all()
    {
        await using var bench = await Bench.CreateAsync(40, room: 200);
        await bench.StartAsync();
        await bench.AllReadyAsync(40);
        var uid = bench.Job!.Metadata.Uid;

        await bench.Ledger.WantAsync(bench.Run.Id, 90, Bench.Cancellation);
        await bench.AllReadyAsync(90, () => AtMostAWaveIsPending(bench));
        await bench.Ledger.WantAsync(bench.Run.Id, 7, Bench.Cancellation);
        await bench.AllReadyAsync(7);
        Assert.Equal(7, bench.Job!.Spec.Completions);
        await bench.Ledger.WantAsync(bench.Run.Id, 0, Bench.Cancellation);
        await bench.UntilAsync("no pod is left", () => bench.Asked == 0 && bench.Cluster.PodsIn(Bench.Namespace).All(pod => pod.Status.Phase != "Running"));
        await bench.PassAsync(TimeSpan.FromMinutes(2));
        await bench.Ledger.WantAsync(bench.Run.Id, 12, Bench.Cancellation);
        await bench.AllReadyAsync(12);

        Assert.Equal(uid, bench.Job!.Metadata.Uid);
        Assert.Equal(1, bench.Creations);
    }

    [Fact]
    public async Task A_mounted_template_that_changes_by_its_link_reaches_the_running_job()
    {
        await using var bench = await Bench.CreateAsync(10, room: 80);
        var (first, second) = (Directory.CreateDirectory(bench.TemplatePath + ".1"), Directory.CreateDirectory(bench.TemplatePath + ".2"));
        await File.WriteAllTextAsync(Path.Combine(first.FullName, "worker-job.yaml"), Bench.Template(10), Bench.Cancellation);
        await File.WriteAllTextAsync(Path.Combine(second.FullName, "worker-job.yaml"), Bench.Template(50), Bench.Cancellation);
        var data = bench.TemplatePath + ".data";
        Directory.CreateSymbolicLink(data, first.FullName);
        File.Delete(bench.TemplatePath);
        File.CreateSymbolicLink(bench.TemplatePath, Path.Combine(data, "worker-job.yaml"));
        await bench.StartAsync();
        await bench.AllReadyAsync(10);
        var uid = bench.Job!.Metadata.Uid;

        // As a kubelet does: a new link takes the place of the old one.
        Directory.CreateSymbolicLink(data + ".new", second.FullName);
        using (var move = System.Diagnostics.Process.Start("mv", ["-T", data + ".new", data]))
            await move.WaitForExitAsync(Bench.Cancellation);

        await bench.AllReadyAsync(50);
        Assert.Equal(uid, bench.Job!.Metadata.Uid);
        Assert.Equal(new ScalingRecord(WorkerPlace.Kubernetes, 50, 50, null), await bench.Ledger.FindAsync(bench.Run.Id, Bench.Cancellation));
    }

    [Fact]
    public async Task A_template_that_becomes_unreadable_is_told_once_and_the_last_good_one_holds()
    {
        await using var bench = await Bench.CreateAsync(10, room: 80);
        await bench.StartAsync();
        await bench.AllReadyAsync(10);

        await File.WriteAllTextAsync(bench.TemplatePath, "apiVersion: [", Bench.Cancellation);
        await bench.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Single(bench.Log.Lines, line => line.Contains("is not YAML", StringComparison.Ordinal));
        Assert.Equal(10, bench.Ready);
        bench.WriteTemplate(20);

        await bench.AllReadyAsync(20);
    }

    /// <summary>What the Job asks for is never more than a wave above what is ready.</summary>
    private static void AtMostAWaveIsPending(Bench bench)
    {
        var job = bench.Job;
        if (job is not null)
            Assert.InRange((job.Spec.Parallelism ?? 0) - (job.Status?.Ready ?? 0), int.MinValue, Wave);
    }
}
