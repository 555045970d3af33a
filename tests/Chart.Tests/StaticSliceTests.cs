using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>The brokerless way: each pod knows its slice by a number.</summary>
public sealed class StaticSliceTests
{
    [Fact]
    public async Task Each_Job_has_the_number_of_its_own_slice_from_0_on()
    {
        var pods = (await ChartCase.ManifestsAsync("static-jobs")).Pods.Where(pod => pod.Owner.Kind == "Job").ToList();

        Assert.Equal(["0", "1", "2"], pods.Select(pod => pod.Environment["DB_MIGRATE_JOB_NUMBER"]));
        Assert.All(pods, pod => Assert.EndsWith($"-{pod.Environment["DB_MIGRATE_JOB_NUMBER"]}", pod.Owner.Name, StringComparison.Ordinal));
        Assert.All(pods, pod => Assert.Equal("4000", pod.Environment["DB_MIGRATE_BATCH_SIZE"]));
    }

    /// <summary>The index reaches the pods as JOB_COMPLETION_INDEX, from Kubernetes.</summary>
    [Fact]
    public async Task An_Indexed_Job_has_an_index_for_each_slice_and_bounds_how_many_run()
    {
        var manifests = await ChartCase.ManifestsAsync("static-indexed");
        var job = manifests.One("Job");

        Assert.Equal(("10", "4"), (job.Text("spec", "completions"), job.Text("spec", "parallelism")));
        var pod = PodTemplate.Of(job)!;
        Assert.Equal("1000", pod.Environment["DB_MIGRATE_BATCH_SIZE"]);
        Assert.DoesNotContain("DB_MIGRATE_JOB_NUMBER", pod.Environment.Keys);
    }

    [Fact]
    public async Task A_slice_is_of_the_collection_and_of_the_run()
    {
        var pod = PodTemplate.Of((await ChartCase.ManifestsAsync("static-indexed")).One("Job"))!;

        Assert.Equal(["worker"], pod.Container.Words("command"));
        Assert.Equal(
            ["slice", "/etc/migration/migration.yaml", "--collection", "customers", "--name", "shop"], pod.Container.Words("args"));
    }

    [Fact]
    public async Task A_hundred_million_records_in_a_slice_are_written_out()
    {
        var pod = PodTemplate.Of((await ChartCase.ManifestsAsync("static-indexed", "--set", "static.batchSize=100000000")).One("Job"))!;

        Assert.Equal("100000000", pod.Environment["DB_MIGRATE_BATCH_SIZE"]);
    }

    [Theory]
    [InlineData("static-jobs")]
    [InlineData("static-indexed")]
    public async Task There_is_neither_a_broker_nor_a_coordinator(string name)
    {
        var manifests = await ChartCase.ManifestsAsync(name);

        Assert.All(manifests.Pods.Where(pod => pod.Owner.Kind == "Job"), pod => Assert.DoesNotContain("MIGRATION_BROKER", pod.Environment.Keys));
        Assert.DoesNotContain(manifests.Objects, each => each.Kind is "Deployment" or "Service" or "Role" or "ScaledJob");
    }
}
