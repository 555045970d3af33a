using System.Text;
using k8s;
using k8s.Models;
using Migration.KubernetesStandIn;
using Migration.KubernetesStandIn.Runners;

namespace Migration.Kubernetes.Tests;

public sealed class LocalProcessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pods-").FullName;

    [Fact]
    public async Task A_container_is_a_process_with_the_environment_of_its_pod()
    {
        await using var cluster = await StartAsync();
        cluster.Add(new V1Secret
        {
            Metadata = new V1ObjectMeta { Name = "broker", NamespaceProperty = IndexedJobs.Namespace },
            Data = new Dictionary<string, byte[]> { ["uri"] = Encoding.UTF8.GetBytes("amqp://here") },
        });
        using var client = cluster.NewClient();
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New(count: 1, change: job => Run(
            job, "echo \"$JOB_COMPLETION_INDEX $BROKER $POD_NAME\"; exit 3",
            new V1EnvVar { Name = "BROKER", ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = "broker", Key = "uri" } } },
            new V1EnvVar { Name = "POD_NAME", ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = "metadata.name" } } })),
            IndexedJobs.Namespace);

        await using var clock = cluster.RunClock(10);
        await Eventually(() => cluster.PodsIn(IndexedJobs.Namespace) is [{ Status.Phase: "Failed" }, ..]);
        var pod = cluster.PodsIn(IndexedJobs.Namespace)[0];
        Assert.Equal(3, pod.Status.ContainerStatuses[0].State.Terminated.ExitCode);
        using var reader = new StreamReader(await client.CoreV1.ReadNamespacedPodLogAsync(pod.Metadata.Name, IndexedJobs.Namespace));
        Assert.Equal($"0 amqp://here {pod.Metadata.Name}\n", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_pod_that_is_deleted_is_told_to_end_and_then_killed()
    {
        await using var cluster = await StartAsync();
        using var client = cluster.NewClient();
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New("polite", 1, change: job =>
            Run(job, "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done")), IndexedJobs.Namespace);
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New("deaf", 1, change: job =>
            Run(job, "trap '' TERM; echo up; while :; do sleep 0.05; done")), IndexedJobs.Namespace);

        await using var clock = cluster.RunClock(5);
        await Eventually(() => Logs() == 2);
        foreach (var pod in cluster.PodsIn(IndexedJobs.Namespace))
            cluster.Evict(IndexedJobs.Namespace, pod.Metadata.Name);
        await Eventually(() => ExitCode("polite") == 7);
        await Eventually(() => ExitCode("deaf") == 137);

        int Logs() => Directory.GetFiles(_folder).Count(file => new FileInfo(file).Length > 0);
        int? ExitCode(string job) => cluster.PodsIn(IndexedJobs.Namespace)
            .FirstOrDefault(pod => pod.Metadata.Name.StartsWith(job, StringComparison.Ordinal))?
            .Status.ContainerStatuses?[0].State.Terminated?.ExitCode;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<Cluster> StartAsync() =>
        await JobTests.NewCluster(options: new ClusterOptions { Runner = new LocalProcesses(_folder) });

    private static void Run(V1Job job, string script, params V1EnvVar[] variables)
    {
        job.Spec.Template.Spec.Containers[0].Command = ["sh", "-c", script];
        job.Spec.Template.Spec.Containers[0].Env = variables;
    }

    private static async Task Eventually(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
            await Task.Delay(20, limit.Token);
    }
}
