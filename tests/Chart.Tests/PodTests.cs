using Migration.Chart.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests;

/// <summary>What the programs are given, and how Kubernetes looks after them.</summary>
public sealed class PodTests
{
    public static TheoryData<string> Cases => [.. ChartCase.Names];

    [Fact]
    public async Task The_coordinator_scales_by_the_mounted_job_in_its_own_namespace_and_stays()
    {
        var pod = await CoordinatorAsync("shop");

        Assert.Equal(["coordinator"], pod.Container.Words("command"));
        Assert.Equal(
            ["run", "/etc/migration/migration.yaml", "--name", "shop", "--kubernetes", "--worker-job=/etc/migration/worker-job.yaml", "--namespace=$(POD_NAMESPACE)", "--stay"],
            pod.Container.Words("args"));
        Assert.Equal("metadata.name", FieldOf(pod, "POD_NAME"));
        Assert.Equal("metadata.namespace", FieldOf(pod, "POD_NAMESPACE"));
    }

    [Fact]
    public async Task A_coordinator_that_is_a_Job_ends_with_the_run_and_is_not_tried_again_for_what_stays_wrong()
    {
        var pod = await CoordinatorAsync("job");

        Assert.DoesNotContain("--stay", pod.Container.Words("args"));
        Assert.Equal("Never", pod.Spec.Text("restartPolicy"));
        Assert.Equal(["2", "5"], FailJobCodes(pod.Owner, "coordinator"));
    }

    [Theory]
    [InlineData("external")]
    [InlineData("keda")]
    public async Task A_coordinator_without_rights_leaves_the_workers_to_others(string name)
    {
        var args = (await CoordinatorAsync(name)).Container.Words("args");

        Assert.Contains("--external", args);
        Assert.Contains("--workers=$(WORKERS)", args);
        Assert.DoesNotContain("--kubernetes", args);
    }

    /// <summary>Two coordinators of one run do not go together.</summary>
    [Fact]
    public async Task There_is_never_a_second_coordinator()
    {
        var deployment = (await ChartCase.ManifestsAsync("shop")).One("Deployment");

        Assert.Equal(("1", "Recreate"), (deployment.Text("spec", "replicas"), deployment.Text("spec", "strategy", "type")));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_configuration_error_fails_the_workers_Job_at_once_and_a_disruption_does_not_count(string name)
    {
        var jobs = (await ChartCase.ManifestsAsync(name)).WithWorkerJob.Where(each =>
            each.Kind is "Job" or "ScaledJob" && PodTemplate.Of(each)!.Component == "worker").ToList();

        Assert.NotEmpty(jobs);
        foreach (var job in jobs)
        {
            Assert.Equal(["2"], FailJobCodes(job, "worker"));
            Assert.Contains(PolicyOf(job), rule =>
                rule.Text("action") == "Ignore" && rule.Sequence("onPodConditions").Any(on => on.Text("type") == "DisruptionTarget"));
            Assert.Equal("Never", PodTemplate.Of(job)!.Spec.Text("restartPolicy"));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Programs_that_serve_are_probed_on_the_port_that_they_are_told(string name)
    {
        foreach (var pod in (await ChartCase.ManifestsAsync(name)).Pods.Where(pod => pod.Environment.ContainsKey("MIGRATION_HTTP_PORT")))
        {
            var port = Assert.Single(pod.Container.Sequence("ports"));
            Assert.Equal(("http", pod.Environment["MIGRATION_HTTP_PORT"]), (port.Text("name"), port.Text("containerPort")));
            Assert.Equal("/livez", pod.Container.Text("livenessProbe", "httpGet", "path"));
            Assert.Equal("/readyz", pod.Container.Text("readinessProbe", "httpGet", "path"));
            Assert.Equal("http", pod.Container.Text("livenessProbe", "httpGet", "port"));
        }
    }

    [Fact]
    public async Task A_probe_that_is_null_is_left_out()
    {
        var container = (await CoordinatorAsync("existing")).Container;

        Assert.Null(container.At("startupProbe"));
        Assert.NotNull(container.At("livenessProbe"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_a_program_said_last_is_kept_as_the_reason_of_its_end(string name)
        => Assert.All((await ChartCase.ManifestsAsync(name)).Pods, pod =>
            Assert.Equal("FallbackToLogsOnError", pod.Container.Text("terminationMessagePolicy")));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_mount_has_its_volume(string name)
        => Assert.All((await ChartCase.ManifestsAsync(name)).Pods, pod => Assert.Subset(
            pod.Spec.Sequence("volumes").Select(volume => volume.Text("name")).ToHashSet(),
            pod.Container.Sequence("volumeMounts").Select(mount => mount.Text("name")).ToHashSet()));

    [Fact]
    public async Task Workers_have_connections_of_their_own_when_they_are_other_users()
    {
        var manifests = await ChartCase.ManifestsAsync("everything");

        Assert.All(SecretsOf(PodTemplate.Of(manifests.WorkerJob!)!), secret => Assert.Equal("shop-worker-connections", secret));
        Assert.All(SecretsOf(PodTemplate.Of(manifests.One("Deployment"))!), secret => Assert.Equal("shop-connections", secret));
    }

    [Fact]
    public async Task A_connection_without_a_key_comes_from_the_migration_file()
    {
        var pod = PodTemplate.Of((await ChartCase.ManifestsAsync("shop", "--set", "connections.keys.source=")).One("Deployment"))!;

        Assert.DoesNotContain("MIGRATION_SOURCE", pod.Environment.Keys);
        Assert.Contains("MIGRATION_TARGET", pod.Environment.Keys);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_private_authority_is_in_every_pod_or_in_none(string name)
    {
        var pods = (await ChartCase.ManifestsAsync(name)).Pods.ToList();
        var with = pods.Count(pod => pod.Environment.ContainsKey("SSL_CERT_FILE"));

        Assert.Equal(name is "everything" or "existing" ? pods.Count : 0, with);
        Assert.All(pods, pod => Assert.Equal(
            pod.Environment.ContainsKey("SSL_CERT_FILE"),
            pod.Container.Sequence("volumeMounts").Any(mount => mount.Text("mountPath") == "/etc/migration-ca")));
    }

    [Fact]
    public async Task The_priority_that_is_made_is_the_one_that_workers_have()
    {
        var manifests = await ChartCase.ManifestsAsync("everything");

        Assert.Equal(manifests.One("PriorityClass").Name, PodTemplate.Of(manifests.WorkerJob!)!.Spec.Text("priorityClassName"));
        Assert.Equal("important", PodTemplate.Of(manifests.One("Deployment"))!.Spec.Text("priorityClassName"));
    }

    [Fact]
    public async Task An_image_is_named_by_registry_tag_or_digest()
    {
        async Task<string?> ImageAsync(params string[] values)
            => PodTemplate.Of((await ChartCase.ManifestsAsync("shop", [.. values.SelectMany(value => new[] { "--set", value })])).One("Deployment"))!
                .Container.Text("image");

        Assert.Equal("migration:0.1.0", await ImageAsync());
        Assert.Equal("r.example.com/data/migration:v9", await ImageAsync("image.registry=r.example.com/", "image.repository=data/migration", "image.tag=v9"));
        Assert.Equal($"migration@sha256:{new string('0', 64)}", await ImageAsync("image.tag=v9", $"image.digest=sha256:{new string('0', 64)}"));
    }

    private static async Task<PodTemplate> CoordinatorAsync(string name)
        => Assert.Single((await ChartCase.ManifestsAsync(name)).Pods, pod => pod.Component == "coordinator");

    private static string? FieldOf(PodTemplate pod, string variable) => pod.Container.Sequence("env")
        .Single(each => each.Text("name") == variable).Text("valueFrom", "fieldRef", "fieldPath");

    private static IEnumerable<string?> SecretsOf(PodTemplate pod)
        => pod.Container.Sequence("env").Select(variable => variable.Text("valueFrom", "secretKeyRef", "name")).OfType<string>();

    private static YamlSequenceNode PolicyOf(Manifest job)
        => job.Root.At(job.Kind == "ScaledJob" ? ["spec", "jobTargetRef"] : ["spec"]).Sequence("podFailurePolicy", "rules");

    private static IReadOnlyList<string> FailJobCodes(Manifest job, string container)
    {
        var rule = Assert.Single(PolicyOf(job), rule => rule.Text("action") == "FailJob");
        Assert.Equal((container, "In"), (rule.Text("onExitCodes", "containerName"), rule.Text("onExitCodes", "operator")));
        return rule.Words("onExitCodes", "values");
    }
}
