using Migration.Worker;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>Whether a Job of the worker Job's name may be touched.</summary>
internal static class JobOwnership
{
    /// <summary>This run's; or another run's that is over, of which nothing is left to disturb.</summary>
    public static bool IsOurs(WorkerJob job, Guid runId)
        => Guid.TryParse(job.RunId, out var its) && (its == runId || job is { IsManaged: true, End: not null });

    public static UserException Refuse(WorkerJob job, string @namespace) => new(
        ExitCode.Refused,
        job.RunId is null
            ? $"Namespace '{@namespace}' has a Job '{job.Name}' that no coordinator made; it is left alone. Delete it, or give the worker Job another name."
            : $"Job '{job.Name}' in namespace '{@namespace}' works for another run (migration/run-id {job.RunId}); it is left alone. "
              + "Wait for that run or delete the Job, or give the worker Job another name.");
}
