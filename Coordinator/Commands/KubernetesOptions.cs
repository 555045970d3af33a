using System.CommandLine;
using Migration.Coordinator.Scaling.Kubernetes;
using Migration.Worker;

namespace Migration.Coordinator.Commands;

/// <summary>Which cluster, and which Job in it.</summary>
internal static class KubernetesOptions
{
    public static readonly Option<bool> Kubernetes = new("--kubernetes") { Description = "Workers are pods of a Job that is raised in waves" };

    private const string WorkerJobVariable = "MIGRATION_WORKER_JOB";

    private static readonly Option<string?> WorkerJob = new("--worker-job")
    {
        Description = $"The worker Job, a manifest (default: ${WorkerJobVariable}, else {KubernetesRequest.DefaultWorkerJob})",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Namespace = new("--namespace") { Description = "Where the Job is to be (default: the manifest's, else the pod's or the context's own)" };
    private static readonly Option<string?> Context = new("--context") { Description = "Of the kubeconfig (default: its current one; inside a cluster that cluster)" };
    private static readonly Option<string?> Kubeconfig = new("--kubeconfig") { Description = "Path (default: $KUBECONFIG, else ~/.kube/config)", HelpName = "FILE" };

    public static void AddTo(Command command)
    {
        foreach (var option in new Option[] { Kubernetes, WorkerJob, Namespace, Context, Kubeconfig })
            command.Options.Add(option);
    }

    /// <param name="workers">Null where the command line does not say.</param>
    /// <returns>Null where the workers are elsewhere.</returns>
    /// <exception cref="UserException">An option is there that means nothing without --kubernetes, or no worker Job is given.</exception>
    public static KubernetesRequest? Read(ParseResult parsed, bool isWanted, int? workers)
    {
        if (isWanted)
        {
            return new KubernetesRequest(
                FindWorkerJob(parsed), parsed.GetValue(Namespace), parsed.GetValue(Context), parsed.GetValue(Kubeconfig), workers)
            {
                Pod = Variable("POD_NAMESPACE") is { } @namespace && Variable("POD_NAME") is { } pod ? (@namespace, pod) : null,
            };
        }

        return new[] { WorkerJob, Namespace, Context, Kubeconfig }.FirstOrDefault(option => parsed.GetValue(option) is not null) is { } idle
            ? throw new UserException($"{idle.Name} goes with {Kubernetes.Name}.")
            : null;
    }

    private static string FindWorkerJob(ParseResult parsed)
        => parsed.GetValue(WorkerJob)
            ?? Variable(WorkerJobVariable)
            ?? (File.Exists(KubernetesRequest.DefaultWorkerJob) ? KubernetesRequest.DefaultWorkerJob : null)
            ?? throw new UserException(
                $"Say which Job the workers are to be: {WorkerJob.Name} FILE, or the environment variable {WorkerJobVariable}.");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
