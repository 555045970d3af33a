using k8s.Models;
using Migration.KubernetesStandIn.Nodes;
using Migration.KubernetesStandIn.Runners;
using Migration.Worker;

namespace Migration.Kubernetes.Tests.Scaling;

public sealed class HoldTests
{
    [Fact]
    public async Task A_quota_holds_the_waves_and_they_go_on_when_it_is_raised()
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        bench.Cluster.Add(Quota("10"));
        await bench.StartAsync();

        await bench.NoteSaysAsync("10 of 40 workers run; 20 wait: the cluster refuses more pods (exceeded quota: q");
        await bench.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(30, bench.Asked);
        bench.Cluster.Delete<V1ResourceQuota>(Bench.Namespace, "q");

        await bench.AllReadyAsync(40);
        await bench.NoteIsGoneAsync();
    }

    [Fact]
    public async Task Pods_that_an_admission_hook_refuses_are_told_with_its_words()
    {
        await using var bench = await Bench.CreateAsync(4, room: 8);
        bench.Cluster.Refusals.Rule = _ => "admission webhook \"rules.example\" denied the request: no limits";
        await bench.StartAsync();

        await bench.NoteSaysAsync("0 of 4 workers run; 4 wait: the cluster refuses more pods (");
        Assert.Contains("no limits", await bench.NoteAsync(), StringComparison.Ordinal);
        bench.Cluster.Refusals.Rule = null;

        await bench.AllReadyAsync(4);
    }

    [Fact]
    public async Task An_image_that_cannot_be_pulled_is_told_and_the_waves_go_on_when_it_is_there()
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        bench.Cluster.KubeletFaults.ImagePull = _ => KubeletFaults.NoImage("localhost/migration:1");
        await bench.StartAsync();

        await bench.NoteSaysAsync("0 of 40 workers run; 5 wait: the image cannot be pulled (");
        await bench.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal((5, 0), (bench.Asked, bench.Patches));
        Assert.Single(bench.Log.Lines, line => line.Contains("the image cannot be pulled", StringComparison.Ordinal));
        bench.Cluster.KubeletFaults.ImagePull = null;

        await bench.AllReadyAsync(40);
    }

    [Fact]
    public async Task Nodes_without_addresses_are_told_and_the_waves_go_on_when_there_are_some()
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        bench.Cluster.KubeletFaults.Sandbox = _ => KubeletFaults.NoAddress;
        await bench.StartAsync();

        await bench.NoteSaysAsync("0 of 40 workers run; 5 wait: no network address is to be had (");
        Assert.Contains("failed to assign an IP address", await bench.NoteAsync(), StringComparison.Ordinal);
        bench.Cluster.KubeletFaults.Sandbox = null;

        await bench.AllReadyAsync(40);
    }

    [Fact]
    public async Task A_missing_secret_is_named()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8, text => text.Replace(
            "image: localhost/migration:1",
            "image: localhost/migration:1\n          env: [{ name: MIGRATION_TARGET, valueFrom: { secretKeyRef: { name: shop-target, key: uri } } }]",
            StringComparison.Ordinal));
        await bench.StartAsync();

        await bench.NoteSaysAsync("0 of 3 workers run; 3 wait: the container cannot be started (CreateContainerConfigError: ");
        Assert.Contains("shop-target", await bench.NoteAsync(), StringComparison.Ordinal);
        bench.Cluster.Add(new V1Secret
        {
            Metadata = new V1ObjectMeta { Name = "shop-target", NamespaceProperty = Bench.Namespace },
            Data = new Dictionary<string, byte[]> { ["uri"] = "postgres://x"u8.ToArray() },
        });

        await bench.AllReadyAsync(3);
    }

    [Fact]
    public async Task A_worker_that_crashes_again_and_again_is_given_up_and_named_while_the_others_go_on()
    {
        await using var bench = await Bench.CreateAsync(40, room: 80, text => text.Replace(
            "  parallelism", "  backoffLimitPerIndex: 1\n  parallelism", StringComparison.Ordinal));
        bench.Cluster.Pods.Script = start => start.Index == 2 ? PodScript.Crash(1) : new PodScript();
        await bench.StartAsync();

        await bench.UntilAsync("39 run", () => bench is { Ready: 39, Asked: 40 });

        await bench.NoteSaysAsync("39 of 40 workers run; 1 ended too often and is given up (index 2).");
    }

    [Fact]
    public async Task Workers_that_all_crash_end_the_run_with_their_number_and_are_let_go()
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        bench.Cluster.Pods.Script = _ => PodScript.Crash(134) with { ReadyAfter = null };
        await bench.StartAsync();

        var end = await bench.EndsAsync();

        Assert.Equal(ExitCode.Incomplete, end.Code);
        // More than three for each of the first wave's five: how many of those that die together one look finds is open.
        Assert.Matches("^(1[6-9]|20) workers ended one after the other without taking up a slice", end.Message);
        Assert.Contains("exit code 134", end.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (bench.Job!.Spec.Parallelism, bench.Job.Spec.Completions));
    }

    [Fact]
    public async Task Crashes_while_slices_are_taken_up_do_not_end_the_run()
    {
        await using var bench = await Bench.CreateAsync(5, room: 8);
        bench.Cluster.Pods.Script = _ => PodScript.Crash(134);
        await bench.StartAsync();

        await bench.UntilAsync(
            "25 workers have crashed", () => bench.Cluster.PodsIn(Bench.Namespace).Count(pod => pod.Status.Phase == "Failed") >= 25,
            () => bench.Pulse = new(bench.Pulse.Progress + 1, 0));
    }

    [Fact]
    public async Task A_worker_that_cannot_work_for_its_configuration_ends_the_run_with_its_exit_code()
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        bench.Cluster.Pods.Script = start => start.Index == 1 ? PodScript.Crash(ExitCode.Configuration) : new PodScript();
        await bench.StartAsync();

        var end = await bench.EndsAsync();

        Assert.Equal(ExitCode.Configuration, end.Code);
        Assert.StartsWith("A worker cannot work: ", end.Message, StringComparison.Ordinal);
        Assert.Equal(1, bench.Creations);
    }

    [Fact]
    public async Task Workers_that_are_preempted_come_again_and_count_as_no_failure()
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        bench.Cluster.Pods.Script = _ => new PodScript { StopExitCode = ExitCode.Interrupted };
        await bench.StartAsync();
        await bench.AllReadyAsync(40);

        foreach (var pod in bench.Cluster.PodsIn(Bench.Namespace).Take(20))
            bench.Cluster.Preempt(Bench.Namespace, pod.Metadata.Name);
        await bench.UntilAsync("some are gone", () => bench.Ready < 40);
        await bench.AllReadyAsync(40);

        Assert.Equal("", bench.Job!.Status.FailedIndexes ?? "");
        Assert.Equal((1, 2), (bench.Creations, bench.Patches));
    }

    private static V1ResourceQuota Quota(string pods) => new()
    {
        Metadata = new V1ObjectMeta { Name = "q", NamespaceProperty = Bench.Namespace },
        Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new(pods) } },
    };
}
