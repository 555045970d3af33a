using k8s.Models;
using Migration.Coordinator.Commands;
using Migration.Coordinator.Planning;
using Migration.Coordinator.Scaling.Kubernetes;
using Migration.KubernetesStandIn;
using Migration.KubernetesStandIn.Api;
using Migration.Worker;
using Spectre.Console;
using Cluster = Migration.KubernetesStandIn.Cluster;

namespace Migration.Kubernetes.Tests;

public sealed class ClusterSurveyTests : IDisposable
{
    private const string Namespace = IndexedJobs.Namespace;

    private static readonly AccessRule[] RoleOfTheCoordinator =
    [
        new("batch", ["jobs"], ["get", "list", "watch", "create", "patch", "delete"], Namespace),
        new("", ["pods", "events"], ["get", "list", "watch"], Namespace),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("survey-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_cpu_of_the_nodes_is_the_wall_when_it_runs_out_first()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 3, cpu: "2", memory: "64Gi");
        await RunOthersAsync(cluster, "1900m");

        var survey = await TakeAsync(cluster, workers: 50);

        // Two nodes with two cores, one with a tenth of one, at 200m a worker.
        Assert.Equal(20, survey.Fitting);
        Assert.Equal("nodes: cpu", survey.FirstWall!.What);
        Assert.Contains("3 of 3 nodes may take workers", survey.FirstWall.Why, StringComparison.Ordinal);
        Assert.Empty(survey.Problems);
        Assert.Empty(survey.NotChecked);
    }

    [Fact]
    public async Task Nodes_that_workers_may_not_use_do_not_count_and_are_named()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 1, cpu: "2");
        cluster.AddNode("gpu", cpu: "64", taints: "gpu=yes:NoSchedule");
        cluster.AddNode("big", cpu: "64", labels: new Dictionary<string, string> { ["pool"] = "other" });
        cluster.AddNode("away", cpu: "64");
        cluster.LoseNode("away");

        var survey = await TakeAsync(cluster, workers: 50, pod: "nodeSelector: {kubernetes.io/hostname: node-1}");

        Assert.Equal(10, survey.Fitting);
        Assert.Contains("1 of 4 nodes may take workers", survey.FirstWall!.Why, StringComparison.Ordinal);
        Assert.Contains("tainted with gpu=yes:NoSchedule", survey.FirstWall.Why, StringComparison.Ordinal);
        Assert.Contains("1 is not ready", survey.FirstWall.Why, StringComparison.Ordinal);

        survey = await TakeAsync(cluster, workers: 50, pod: "tolerations: [{key: gpu, operator: Exists}]");
        Assert.Null(survey.FirstWall);
    }

    [Fact]
    public async Task Pods_and_addresses_run_out_as_well()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 0);
        cluster.AddNodes(2, cpu: "64", memory: "256Gi", pods: 20);

        var survey = await TakeAsync(cluster, workers: 100);
        Assert.Equal((40, "nodes: pods"), (survey.Fitting, survey.FirstWall!.What));

        cluster.AddNodes(2, cpu: "400", memory: "2560Gi", pods: 1_000, prefix: "large");
        survey = await TakeAsync(cluster, workers: 1_000);
        // A network of 256 addresses has 253 for pods.
        Assert.Equal((40 + (2 * 253), "nodes: pod addresses"), (survey.Fitting, survey.FirstWall!.What));
    }

    [Fact]
    public async Task A_quota_is_the_wall_with_what_is_left_of_it()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 4, cpu: "64");
        await RunOthersAsync(cluster, "500m");
        cluster.Add(Quota("team", ("pods", "50"), ("requests.cpu", "4")));
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(1));

        var survey = await TakeAsync(cluster, workers: 100);

        Assert.Equal((17, "quota 'team': requests.cpu"), (survey.Fitting, survey.FirstWall!.What));
        Assert.Contains("3.5 of 4 left, 200m a worker", survey.FirstWall.Why, StringComparison.Ordinal);
        Assert.Contains(survey.Walls, wall => wall is { What: "quota 'team': pods", Workers: 49 });
    }

    [Fact]
    public async Task A_limit_range_that_refuses_every_worker_is_a_problem()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 4);
        cluster.Add(new V1LimitRange
        {
            Metadata = new V1ObjectMeta { Name = "small", NamespaceProperty = Namespace },
            Spec = new V1LimitRangeSpec
            {
                Limits = [new V1LimitRangeItem { Type = "Container", Max = new Dictionary<string, ResourceQuantity> { ["memory"] = new("64Mi") } }],
            },
        });

        var survey = await TakeAsync(cluster);

        Assert.Contains("limit range 'small' would refuse every worker", Assert.Single(survey.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rights_that_are_missing_are_named_with_the_rule_to_grant()
    {
        await using var cluster = await JobTests.NewCluster();
        cluster.Access.Default = [new("batch", ["jobs"], ["get", "list"], Namespace), new("", ["pods"], ["*"], Namespace)];

        var survey = await TakeAsync(cluster);

        Assert.Equal(2, survey.Problems.Count);
        Assert.Contains(
            "you may not watch, create, patch, delete jobs in namespace 'rec'. Grant it in a Role there: "
            + "{apiGroups: [\"batch\"], resources: [jobs], verbs: [watch, create, patch, delete]}.", survey.Problems);
        Assert.Empty(cluster.Requests.Writes);
    }

    [Fact]
    public async Task With_the_coordinators_own_role_it_says_what_it_could_not_check_and_makes_nothing()
    {
        await using var cluster = await JobTests.NewCluster();
        cluster.Access.Default = RoleOfTheCoordinator;

        var survey = await TakeAsync(cluster, workers: 3);

        Assert.Empty(survey.Problems);
        Assert.Null(survey.FirstWall);
        Assert.Equal(3, survey.NotChecked.Count);
        Assert.Contains(survey.NotChecked, gap => gap.StartsWith("nodes: nodes is forbidden", StringComparison.Ordinal));
        Assert.Null(cluster.Job(Namespace, "workers"));
        Assert.Contains("All 3 workers would work at a time, as far as could be checked.", Text(survey), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_text_begins_with_the_answer_and_the_first_wall()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 0);
        cluster.AddNodes(15, cpu: "1", memory: "8Gi");
        cluster.AddNode("gpu", cpu: "64", taints: "gpu=yes:NoSchedule");
        cluster.Add(Quota("team", ("pods", "250")));

        var lines = Text((await TakeAsync(cluster, workers: 300)).With(new ClusterWall("PostgreSQL connections", 88, "...", "..."))).Split('\n');

        Assert.Equal(
            [
                "Cluster: Kubernetes v1.36.2, namespace rec, Job workers.",
                "75 of 300 workers would work at a time; the others would wait.",
                "First wall: nodes: cpu: room for 75 (15 of 16 nodes may take workers; 15 cpu is not requested by other pods, 200m a worker; "
                + "1 is tainted with gpu=yes:NoSchedule, which workers do not tolerate). Add nodes, or lower the worker's requests.",
                "  PostgreSQL connections: room for 88 (...). ...",
                "  quota 'team': pods: room for 250 (250 of 250 left, 1 a worker). Raise pods of the quota, or free some of it.",
            ],
            lines.Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0));
    }

    [Fact]
    public async Task An_old_server_and_a_missing_namespace_are_problems()
    {
        await using (var cluster = await JobTests.NewCluster(options: new ClusterOptions { Version = "1.29" }))
        {
            var survey = await TakeAsync(cluster);
            Assert.Contains("needs 1.31 or newer", Assert.Single(survey.Problems), StringComparison.Ordinal);
        }

        await using (var cluster = await JobTests.NewCluster())
        {
            var survey = await TakeAsync(cluster, @namespace: "nowhere");
            Assert.Contains("The cluster has no namespace 'nowhere'", Assert.Single(survey.Problems), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Connections_to_the_target_are_a_wall_like_the_others()
    {
        await using var cluster = await JobTests.NewCluster(nodes: 60, cpu: "8");
        var plan = new MigrationPlan("shop", "", "", [], null, 300, 1, null, null, [], ExitCode.Done) { ConnectionLimit = 80 };

        plan = await plan.WithClusterAsync(() => TakeAsync(cluster, workers: 300));

        Assert.Equal((40, "PostgreSQL connections"), (plan.Cluster!.Fitting, plan.Cluster.FirstWall!.What));
        Assert.Contains("\"fitting\": 40", JsonOutput.Format(plan), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_is_a_problem_of_the_plan()
    {
        await using var cluster = await JobTests.NewCluster();
        cluster.Access.Default = [];
        var plan = new MigrationPlan("shop", "", "", [], null, 3, 1, null, null, [], ExitCode.Done);
        cluster.WriteKubeconfig(Path.Combine(_folder, "config"), token: "unknown");

        plan = await plan.WithClusterAsync(() => TakeAsync(cluster, kubeconfig: Path.Combine(_folder, "config")));

        Assert.Null(plan.Cluster);
        Assert.Contains("does not accept these credentials", Assert.Single(plan.Problems), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Configuration, plan.ExitCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<ClusterSurvey> TakeAsync(
        Cluster cluster, int workers = 10, string pod = "dnsPolicy: ClusterFirst", string @namespace = Namespace, string? kubeconfig = null)
    {
        if (kubeconfig is null)
            cluster.WriteKubeconfig(kubeconfig = Path.Combine(_folder, "kubeconfig"));
        var template = WorkerJobTemplate.Parse(
            $$"""
            apiVersion: batch/v1
            kind: Job
            metadata: {name: workers}
            spec:
              template:
                spec:
                  restartPolicy: Never
                  {{pod}}
                  containers:
                    - name: worker
                      image: worker:1
                      resources:
                        requests: {cpu: 200m, memory: 128Mi}
                        limits: {memory: 256Mi}
            """);
        return await ClusterSurveyor.TakeAsync(
            new KubernetesRequest("", @namespace, null, kubeconfig, workers), template, "shop", workers, Cancellation);
    }

    private static string Text(ClusterSurvey survey)
    {
        var writer = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = 1_000;
        ClusterSurveyText.Write(console, survey);
        return writer.ToString();
    }

    private static async Task RunOthersAsync(Cluster cluster, string cpu)
    {
        using var client = cluster.NewClient();
        await k8s.BatchV1OperationsExtensions.CreateNamespacedJobAsync(
            client.BatchV1, IndexedJobs.New("others", 1, cpu: cpu), Namespace, cancellationToken: Cancellation);
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(3));
        cluster.Requests.Clear();
    }

    private static V1ResourceQuota Quota(string name, params (string Resource, string Amount)[] hard) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = Namespace },
        Spec = new V1ResourceQuotaSpec { Hard = hard.ToDictionary(one => one.Resource, one => new ResourceQuantity(one.Amount)) },
    };
}
