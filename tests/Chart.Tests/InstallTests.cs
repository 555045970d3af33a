using k8s.Models;
using Migration.Chart.Tests.Harness;
using Migration.KubernetesStandIn;
using Migration.TestServers;

namespace Migration.Chart.Tests;

/// <summary>The chart and the plain manifests as a user brings them to a cluster: by helm and kubectl, over the API.</summary>
public sealed class InstallTests : IAsyncLifetime
{
    private const string Namespace = "migration";

    private static readonly string[] s_keys = ["source", "target", "broker"];

    private readonly string _folder = Directory.CreateTempSubdirectory("install-").FullName;
    private Cluster _cluster = null!;
    private PostgresDatabase _releases = null!;

    public static TheoryData<string> Generations => [.. KubernetesTools.All.Select(tools => tools.Generation)];

    private string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    public async ValueTask InitializeAsync()
    {
        _releases = await Postgres.CreateDatabaseAsync(TestContext.Current.CancellationToken);
        _cluster = await Cluster.StartAsync();
        _cluster.AddNamespace(Namespace);
        _cluster.AddNode("node-1");
        _cluster.Add(new V1Secret
        {
            Metadata = new V1ObjectMeta { Name = "shop-connections", NamespaceProperty = Namespace },
            Data = s_keys.ToDictionary(key => key, _ => "amqp://somewhere"u8.ToArray()),
        });
        _cluster.WriteKubeconfig(Kubeconfig, @namespace: Namespace);
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _releases.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Generations))]
    public async Task An_upgrade_that_only_wants_more_workers_changes_the_ConfigMap_and_no_pod_template(string generation)
    {
        var notes = await HelmAsync(generation, "install", "shop", "helm/migration", "--disable-openapi-validation", "--values", "helm/migration/ci/shop-values.yaml");
        Assert.Contains("STATUS: deployed", notes, StringComparison.Ordinal);
        Assert.Contains("parallelism: 10\n", WorkerJob(), StringComparison.Ordinal);
        var before = Coordinator();

        await HelmAsync(
            generation, "upgrade", "shop", "helm/migration", "--disable-openapi-validation", "--reuse-values", "--set", "worker.parallelism=200");

        Assert.Contains("parallelism: 200\n", WorkerJob(), StringComparison.Ordinal);
        var after = Coordinator();
        Assert.Equal((before.Metadata.Uid, before.Metadata.Generation), (after.Metadata.Uid, after.Metadata.Generation));

        await HelmAsync(generation, "uninstall", "shop", "--wait=false");
        Assert.Empty(_cluster.All<V1Deployment>(Namespace));
        Assert.Empty(_cluster.All<V1Role>(Namespace));
    }

    [Theory]
    [MemberData(nameof(Generations))]
    public async Task The_plain_manifests_are_applied_and_applied_again(string generation)
    {
        await KubectlAsync(generation, "apply", "--validate=false", "-k", "k8s");
        var before = Coordinator();

        var again = await KubectlAsync(generation, "apply", "--validate=false", "-k", "k8s");

        Assert.DoesNotContain("created", again, StringComparison.Ordinal);
        Assert.Equal(before.Metadata.Generation, Coordinator().Metadata.Generation);
        Assert.Contains("shop-migration-coordinator", await KubectlAsync(generation, "get", "deployments", "-o", "name"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Generations))]
    public async Task The_article_s_way_is_one_indexed_job_that_kubectl_follows_to_its_end(string generation)
    {
        await KubectlAsync(generation, "apply", "--validate=false", "-k", "k8s/static-slices/indexed-job");
        await _cluster.AdvanceAsync(TimeSpan.FromSeconds(5));
        var job = Assert.Single(_cluster.All<V1Job>(Namespace));
        Assert.True(job.Spec.Parallelism == job.Status.Ready, string.Join('\n', _cluster.EventsIn(Namespace).Select(e => e.Message)));

        Assert.Contains("Completion Mode:", await KubectlAsync(generation, "describe", "job", job.Metadata.Name), StringComparison.Ordinal);
        var pods = await KubectlAsync(generation, "get", "pods", "-l", $"job-name={job.Metadata.Name}", "-o", "name");
        Assert.Equal(job.Spec.Parallelism, pods.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        await KubectlAsync(
            generation, "patch", "job", job.Metadata.Name, "--type", "merge", "--patch", "{\"spec\":{\"parallelism\":2,\"completions\":2}}");
        await _cluster.AdvanceAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(2, _cluster.Job(Namespace, job.Metadata.Name)!.Status.Ready);

        await KubectlAsync(generation, "delete", "job", job.Metadata.Name, "--cascade=background", "--wait=false");
        await _cluster.AdvanceAsync(TimeSpan.FromMinutes(2));
        Assert.Empty(_cluster.PodsIn(Namespace));
    }

    private string WorkerJob()
        => Assert.Single(_cluster.All<V1ConfigMap>(Namespace), map => map.Data?.ContainsKey("worker-job.yaml") == true).Data["worker-job.yaml"];

    private V1Deployment Coordinator() => Assert.Single(_cluster.All<V1Deployment>(Namespace));

    private async Task<string> HelmAsync(string generation, params string[] arguments)
        => (await new KubernetesTools(generation).HelmAsync(Releases, [.. arguments, "--namespace", Namespace, "--kubeconfig", Kubeconfig])).Good();

    /// <summary>Helm sends its releases in protobuf, which the stand-in does not read; it can keep them in PostgreSQL.</summary>
    private Dictionary<string, string?> Releases => new()
    {
        ["HELM_DRIVER"] = "sql",
        ["HELM_DRIVER_SQL_CONNECTION_STRING"] = $"{_releases.Uri.AbsoluteUri}?sslmode=disable",
    };

    private async Task<string> KubectlAsync(string generation, params string[] arguments)
        => (await new KubernetesTools(generation).KubectlAsync([.. arguments, "--namespace", Namespace, "--kubeconfig", Kubeconfig])).Good();
}
