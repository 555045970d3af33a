using Migration.Chart.Tests.Harness;
using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests;

/// <summary>What `helm upgrade` reaches, and what it leaves alone.</summary>
public sealed class ScalingTests
{
    [Theory]
    [InlineData("shop")]
    [InlineData("job")]
    [InlineData("existing")]
    public async Task More_workers_change_one_line_of_the_ConfigMap_and_nothing_else(string name)
    {
        var before = await ChartCase.TextAsync(KubernetesTools.Newest, name, "--set", "worker.parallelism=7");
        var after = await ChartCase.TextAsync(KubernetesTools.Newest, name, "--set", "worker.parallelism=200");

        var changed = before.Split('\n').Zip(after.Split('\n')).Where(lines => lines.First != lines.Second).ToList();

        var (was, becomes) = Assert.Single(changed);
        Assert.Equal(("parallelism: 7", "parallelism: 200"), (was.Trim(), becomes.Trim()));
        Assert.Equal("200", Manifests.Parse(after).WorkerJob!.Text("spec", "parallelism"));
    }

    [Theory]
    [InlineData("shop", "worker.wave=50", "migration/wave", "50")]
    [InlineData("shop", "worker.firstWave=1", "migration/first-wave", "1")]
    [InlineData("shop", "worker.onTemplateChange=replace", "migration/on-template-change", "replace")]
    public async Task The_coordinator_reads_its_waves_from_the_job_s_annotations(string name, string value, string annotation, string expected)
    {
        var manifests = await ChartCase.ManifestsAsync(name, "--set", value);

        Assert.Equal(expected, manifests.WorkerJob!.Map("metadata", "annotations")[annotation]);
        Assert.Equal(CoordinatorPod(await ChartCase.ManifestsAsync(name)), CoordinatorPod(manifests));
    }

    [Fact]
    public async Task The_workers_job_is_indexed_and_as_large_as_was_asked_for()
    {
        var job = (await ChartCase.ManifestsAsync("shop")).WorkerJob!;

        Assert.Equal("Indexed", job.Text("spec", "completionMode"));
        Assert.Equal("10", job.Text("spec", "parallelism"));
        Assert.Null(job.Text("spec", "completions"));
        Assert.Equal("Failed", job.Text("spec", "podReplacementPolicy"));
        Assert.NotNull(job.Text("spec", "backoffLimitPerIndex"));
        Assert.NotNull(job.Text("spec", "ttlSecondsAfterFinished"));
    }

    [Fact]
    public async Task Another_image_is_another_pod_of_workers_and_of_the_coordinator()
    {
        var before = await ChartCase.ManifestsAsync("shop");
        var after = await ChartCase.ManifestsAsync("shop", "--set", "image.tag=0.2.0");

        Assert.NotEqual(CoordinatorPod(before), CoordinatorPod(after));
        Assert.NotEqual(Yaml(before.WorkerJob!.Root.At("spec", "template")), Yaml(after.WorkerJob!.Root.At("spec", "template")));
    }

    [Fact]
    public async Task Another_migration_file_starts_the_coordinator_anew_and_leaves_the_workers()
    {
        var before = await ChartCase.ManifestsAsync("shop");
        var after = await ChartCase.ManifestsAsync("shop", "--set", "migration=collections: []");

        Assert.NotEqual(CoordinatorPod(before), CoordinatorPod(after));
        Assert.Equal(Yaml(before.WorkerJob!.Root), Yaml(after.WorkerJob!.Root));
    }

    /// <summary>A Job's pods cannot change: without another name the API server would refuse the upgrade.</summary>
    [Fact]
    public async Task A_coordinator_s_Job_has_another_name_when_its_pod_changed()
    {
        var before = (await ChartCase.ManifestsAsync("job")).One("Job").Name;

        Assert.NotEqual(before, (await ChartCase.ManifestsAsync("job", "--set", "image.tag=0.2.0")).One("Job").Name);
        Assert.NotEqual(before, (await ChartCase.ManifestsAsync("job", "--set", "migration=collections: []")).One("Job").Name);
        Assert.Equal(before, (await ChartCase.ManifestsAsync("job", "--set", "coordinator.backoffLimit=1")).One("Job").Name);
    }

    [Theory]
    [InlineData("keep", true)]
    [InlineData("replace", false)]
    public async Task A_Job_by_Helm_is_replaced_only_when_that_was_asked_for(string onChange, bool same)
    {
        var value = $"worker.onTemplateChange={onChange}";
        var before = (await ChartCase.ManifestsAsync("external", "--set", value)).One("Job").Name;
        var after = (await ChartCase.ManifestsAsync("external", "--set", value, "--set", "image.tag=0.2.0")).One("Job").Name;

        Assert.Equal(same, before == after);
    }

    [Theory]
    [InlineData("external")]
    [InlineData("keda")]
    public async Task Without_a_scaler_of_its_own_the_coordinator_is_left_alone_as_well(string name)
    {
        var before = await ChartCase.ManifestsAsync(name);
        var after = await ChartCase.ManifestsAsync(name, "--set", "worker.parallelism=123");

        Assert.Equal(Yaml(before.One("Deployment").Root), Yaml(after.One("Deployment").Root));
        Assert.Equal("123", after.One("ConfigMap").Text("data", "workers"));
    }

    [Fact]
    public async Task A_Job_by_Helm_has_completions_and_parallelism_that_go_together()
    {
        var job = (await ChartCase.ManifestsAsync("external", "--set", "worker.parallelism=123")).One("Job");

        Assert.Equal(("123", "123"), (job.Text("spec", "parallelism"), job.Text("spec", "completions")));
    }

    [Fact]
    public async Task Keda_finds_the_run_s_queue_by_a_pattern_that_fits_no_other_run_s()
    {
        var trigger = (await ChartCase.ManifestsAsync("keda")).One("ScaledJob").List("spec", "triggers").Single();

        var pattern = new System.Text.RegularExpressions.Regex(trigger.Text("metadata", "queueName")!);
        Assert.Matches(pattern, "migration-shop.2026-0a1b2c3d-slices");
        Assert.DoesNotMatch(pattern, "migration-shop-2026-0a1b2c3d-slices");
        Assert.DoesNotMatch(pattern, "migration-shop.2026-0a1b2c3d-slices_error");
        Assert.DoesNotMatch(pattern, "migration-other-shop.2026-0a1b2c3d-slices");
        Assert.Equal("true", trigger.Text("metadata", "useRegex"));
        Assert.Equal("http", trigger.Text("metadata", "protocol"));
    }

    [Fact]
    public async Task Keda_does_not_end_workers_for_a_new_template_unless_told_to()
    {
        Assert.Equal("gradual", (await ChartCase.ManifestsAsync("keda")).One("ScaledJob").Text("spec", "rollout", "strategy"));
        Assert.Equal("default", (await ChartCase.ManifestsAsync("keda", "--set", "worker.onTemplateChange=replace"))
            .One("ScaledJob").Text("spec", "rollout", "strategy"));
    }

    private static string CoordinatorPod(Manifests manifests) => Yaml(manifests.One("Deployment").Root.At("spec", "template"));

    private static string Yaml(YamlNode? node)
    {
        using var text = new StringWriter();
        new YamlStream(new YamlDocument(node!)).Save(text, assignAnchors: false);
        return text.ToString();
    }
}
