using k8s.Models;
using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;
using Migration.KubernetesStandIn.Api;
using Migration.KubernetesStandIn.Runners;
using StandIn = Migration.KubernetesStandIn.Cluster;

namespace Migration.Kubernetes.Tests.Scaling;

/// <summary>The programs themselves: the coordinator as a process, and workers as processes in the place of containers.</summary>
public sealed class RealWorkersTests
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(8);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Half_of_the_workers_are_preempted_and_half_are_scaled_away_and_no_record_is_lost()
    {
        var shop = await ShopSource.DumpAsync(new(12_000, bad: 50), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { RecordsPerSecond = 200, SliceRecords = 100 }, Cancellation);
        await using var workers = Workers(bed);
        await using var cluster = await StandIn.StartAsync(new() { Runner = workers });
        await using var clock = cluster.RunClock();
        var coordinator = Start(cluster, bed, workers: 4);

        await bed.Ledger.ReachesAsync(shop.Records / 10, coordinator, Cancellation);
        await Until.TrueAsync("4 workers are ready", () => Task.FromResult(Job(cluster)?.Status?.Ready == 4), Cancellation, LongEnough);
        var preempted = cluster.PodsIn(Bench.Namespace).Take(2).Select(pod => pod.Metadata.Name).ToList();
        foreach (var pod in preempted)
            cluster.Preempt(Bench.Namespace, pod);

        await bed.Ledger.ReachesAsync(shop.Records * 3 / 10, coordinator, Cancellation);
        await bed.StartCoordinator("scale", "2", bed.Run).EndsWithAsync(0, Cancellation);
        await Until.TrueAsync("the Job asks for 2", () => Task.FromResult(Job(cluster)?.Spec.Completions == 2), Cancellation, LongEnough);

        await coordinator.EndsWithAsync(0, Cancellation, LongEnough);
        await Until.TrueAsync("the Job is complete", () => Task.FromResult(IsComplete(cluster)), Cancellation, LongEnough);
        Assert.Equal("", Job(cluster)!.Status.FailedIndexes ?? "");
        await Until.TrueAsync("no worker is left", () => Task.FromResult(workers.Running.Count == 0), Cancellation, LongEnough);
        Assert.Empty(bed.Survivors());
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_worker_that_cannot_work_ends_the_coordinator_with_its_words_and_its_exit_code()
    {
        var shop = await ShopSource.DumpAsync(new(500), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile(), Cancellation);
        await using var workers = Workers(bed, ("MIGRATION_TARGET", "nonsense"));
        await using var cluster = await StandIn.StartAsync(new() { Runner = workers });
        await using var clock = cluster.RunClock();

        var coordinator = Start(cluster, bed, workers: 2);

        await coordinator.EndsWithAsync(Migration.Worker.ExitCode.Configuration, Cancellation, LongEnough);
        Assert.Contains("A worker cannot work:", coordinator.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_paused_collection_is_completed_by_a_replay_whose_workers_are_pods()
    {
        const string Narrow = "sku: { type: varchar(3), required: true }";
        const string Wide = "sku: { type: text, required: true }";
        var shop = await ShopSource.DumpAsync(new(3_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile(), Cancellation);
        await bed.EditAsync(Wide, Narrow, Cancellation);
        await using var workers = Workers(bed);
        await using var cluster = await StandIn.StartAsync(new() { Runner = workers });
        await using var clock = cluster.RunClock();
        await Start(cluster, bed, workers: 2).EndsWithAsync(Migration.Worker.ExitCode.Incomplete, Cancellation, LongEnough);
        await bed.EditAsync(Narrow, Wide, Cancellation);
        await using (var alter = bed.Target.CreateCommand("ALTER TABLE shop.products ALTER sku TYPE text"))
            await alter.ExecuteNonQueryAsync(Cancellation);

        var replay = bed.StartCoordinator(
            ["replay", bed.Run, "--file", bed.MigrationFile, "--kubernetes", "--worker-job", Template(bed), "--kubeconfig", Kubeconfig(bed)]);

        await replay.EndsWithAsync(Migration.Worker.ExitCode.Done, Cancellation, LongEnough);
        await Until.TrueAsync("no worker is left", () => Task.FromResult(workers.Running.Count == 0), Cancellation, LongEnough);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_plan_says_what_the_cluster_cannot_give_and_makes_nothing()
    {
        var shop = await ShopSource.DumpAsync(new(500), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile(), Cancellation);
        await using var cluster = await StandIn.StartAsync();
        Prepare(cluster, bed, workers: 10);
        cluster.Add(new V1ResourceQuota
        {
            Metadata = new V1ObjectMeta { Name = "few-pods", NamespaceProperty = Bench.Namespace },
            Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new("3") } },
        });

        var plan = bed.StartCoordinator(
            ["plan", bed.MigrationFile, "--kubernetes", "--worker-job", Template(bed), "--kubeconfig", Kubeconfig(bed)]);
        await plan.WaitAsync(Cancellation);

        Assert.Contains("few-pods", plan.Output, StringComparison.Ordinal);
        Assert.Contains("3 of 10", plan.Output, StringComparison.Ordinal);
        Assert.All(cluster.Requests.Writes, write => Assert.Contains("dryRun=All", write.Path, StringComparison.Ordinal));
        Assert.Empty(cluster.All<V1Job>());
        Assert.Null(await bed.Ledger.StateAsync(Cancellation));
    }

    private static LocalProcesses Workers(TestBed bed, params (string Name, string Value)[] more) => new(Path.Combine(bed.Folder, "pods"))
    {
        Command = _ => ["dotnet", typeof(Migration.Worker.ExitCode).Assembly.Location],
        MoreEnvironment = _ =>
        {
            var variables = bed.Environment.Where(variable => variable.Value is not null).ToDictionary(variable => variable.Key, variable => variable.Value!);
            foreach (var (name, value) in more)
                variables[name] = value;
            return variables;
        },
    };

    private static RunningProgram Start(StandIn cluster, TestBed bed, int workers)
    {
        Prepare(cluster, bed, workers);
        return bed.StartRun("--kubernetes", "--worker-job", Template(bed), "--kubeconfig", Kubeconfig(bed));
    }

    private static void Prepare(StandIn cluster, TestBed bed, int workers)
    {
        cluster.AddNamespace(Bench.Namespace);
        cluster.AddNodes(2, cpu: "8");
        cluster.Access.AddUser("admin", "kubernetes-admin", AccessRule.Everything);
        cluster.WriteKubeconfig(Kubeconfig(bed), token: "admin");
        File.WriteAllText(Template(bed), Bench.Template(workers, text => text.Replace(
            "annotations: {}", "annotations: { migration/first-wave: \"1\", migration/wave: \"2\" }", StringComparison.Ordinal)));
    }

    private static string Kubeconfig(TestBed bed) => Path.Combine(bed.Folder, "kubeconfig");

    private static string Template(TestBed bed) => Path.Combine(bed.Folder, "worker-job.yaml");

    private static V1Job? Job(StandIn cluster) => cluster.Job(Bench.Namespace, Bench.JobName);

    private static bool IsComplete(StandIn cluster)
        => Job(cluster)?.Status?.Conditions?.Any(condition => condition is { Type: "Complete", Status: "True" }) == true;
}
