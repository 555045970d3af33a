using k8s.Models;

namespace Migration.Kubernetes.Tests;

/// <summary>Jobs like those that the recorded requests make.</summary>
internal static class IndexedJobs
{
    public const string Namespace = "rec";

    public static V1Job New(
        string name = "w", int count = 2, int? perIndex = 2, string cpu = "50m", string memory = "16Mi", Action<V1Job>? change = null)
    {
        var job = new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["app"] = "worker" } },
            Spec = new V1JobSpec
            {
                CompletionMode = "Indexed",
                Completions = count,
                Parallelism = count,
                BackoffLimitPerIndex = perIndex,
                PodReplacementPolicy = "Failed",
                PodFailurePolicy = FailurePolicy(),
                Template = Template(cpu, memory),
            },
        };
        change?.Invoke(job);
        return job;
    }

    private static V1PodFailurePolicy FailurePolicy() => new()
    {
        Rules =
        [
            new V1PodFailurePolicyRule
            {
                Action = "Ignore",
                OnPodConditions = [new V1PodFailurePolicyOnPodConditionsPattern { Type = "DisruptionTarget", Status = "True" }],
            },
            new V1PodFailurePolicyRule
            {
                Action = "FailJob",
                OnExitCodes = new V1PodFailurePolicyOnExitCodesRequirement { ContainerName = "worker", OperatorProperty = "In", Values = [64] },
            },
        ],
    };

    private static V1PodTemplateSpec Template(string cpu, string memory) => new()
    {
        Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { ["app"] = "worker" } },
        Spec = new V1PodSpec
        {
            RestartPolicy = "Never",
            TerminationGracePeriodSeconds = 5,
            Containers =
            [
                new V1Container
                {
                    Name = "worker",
                    Image = "localhost/worker:1",
                    ImagePullPolicy = "IfNotPresent",
                    Command = ["sh", "-c", "sleep 600"],
                    Resources = new V1ResourceRequirements
                    {
                        Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(cpu), ["memory"] = new(memory) },
                        Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("64Mi") },
                    },
                },
            ],
        },
    };
}
