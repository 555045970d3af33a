using Migration.Chart.Tests.Harness;
using Migration.Coordinator.Scaling.Kubernetes;

namespace Migration.Chart.Tests;

/// <summary>The coordinator takes the workers' Job as the chart writes it.</summary>
public sealed class WorkerJobTests
{
    [Theory]
    [InlineData("shop", 10, 5, 25, false)]
    [InlineData("job", 40, 5, 25, true)]
    [InlineData("everything", 300, 10, 50, false)]
    public async Task It_reads_how_many_workers_in_which_waves(string name, int workers, int first, int step, bool replace)
    {
        var template = await ReadAsync(name);

        Assert.Equal(
            ("shop-migration-worker", ChartCase.Namespace, workers, first, step, replace),
            (template.Name, template.Namespace, template.Parallelism, template.Waves.First, template.Waves.Step, template.ReplaceOnChange));
    }

    [Fact]
    public async Task More_workers_or_other_waves_are_no_other_template()
    {
        var hash = (await ReadAsync("shop")).Hash;

        Assert.Equal(hash, (await ReadAsync("shop", "--set", "worker.parallelism=200")).Hash);
        Assert.Equal(hash, (await ReadAsync("shop", "--set", "worker.wave=3,worker.firstWave=1")).Hash);
        Assert.Equal(hash, (await ReadAsync("shop", "--set", "worker.ttlSecondsAfterFinished=60")).Hash);
        Assert.Equal(hash, (await ReadAsync("shop", "--set", "coordinator.podLabels.a=b")).Hash);
    }

    [Theory]
    [InlineData("image.tag=0.2.0")]
    [InlineData("worker.resources.limits.memory=1Gi")]
    [InlineData("worker.podLabels.a=b")]
    public async Task Other_pods_are_another_template(string value)
        => Assert.NotEqual((await ReadAsync("shop")).Hash, (await ReadAsync("shop", "--set", value)).Hash);

    private static async Task<WorkerJobTemplate> ReadAsync(string name, params string[] more)
        => WorkerJobTemplate.Parse((await ChartCase.ManifestsAsync(name, more)).One("ConfigMap").Text("data", "worker-job.yaml")!);
}
