using System.Text.Json.Nodes;
using k8s.Models;
using Migration.Contracts.Ledger;
using Migration.Worker;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// The Job that is created: the template with this run's labels, the present number of workers, and a default for what
/// it leaves open and the law of the run needs.
/// </summary>
internal static class WorkerJobManifest
{
    public const string RunIdLabel = "migration/run-id";
    public const string RunNameLabel = "migration/run-name";
    public const string HashAnnotation = "migration/template-hash";
    public const string ManagedByAnnotation = "migration/managed-by";
    public const string ManagedBy = "coordinator";

    /// <summary>An index that failed so often is given up; the others go on. As many as a Job's own default.</summary>
    private const int BackoffLimitPerIndex = 6;

    /// <summary>An hour to read the logs of the pods.</summary>
    private const int SecondsAfterFinished = 3600;

    private const string WorkerContainer = "worker";

    /// <param name="owner">Null outside a cluster.</param>
    public static JsonObject Build(
        WorkerJobTemplate template, RunRecord run, string @namespace, int workers, V1OwnerReference? owner)
    {
        var job = template.Manifest.DeepClone().AsObject();
        var metadata = job["metadata"]!.AsObject();
        metadata["namespace"] = @namespace;
        Label(metadata, run);
        var annotations = Child(metadata, "annotations");
        annotations[HashAnnotation] = template.Hash;
        annotations[ManagedByAnnotation] = ManagedBy;
        if (owner is not null)
            metadata["ownerReferences"] = new JsonArray(Reference(owner));
        FillSpec(job["spec"]!.AsObject(), run, workers);
        return job;
    }

    /// <summary>Not as the controller: the Job is the run's, whose coordinator comes and goes, and must not be scaled by a Deployment.</summary>
    public static JsonObject Reference(V1OwnerReference owner) => new()
    {
        ["apiVersion"] = owner.ApiVersion,
        ["kind"] = owner.Kind,
        ["name"] = owner.Name,
        ["uid"] = owner.Uid,
    };

    /// <summary>A run's name may have characters, and an end, that a label's value may not.</summary>
    public static string LabelValue(string runName)
        => string.Concat(runName.Take(63).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')).Trim('-', '_', '.');

    private static void FillSpec(JsonObject spec, RunRecord run, int workers)
    {
        spec["completionMode"] = "Indexed";
        spec["parallelism"] = workers;
        spec["completions"] = workers;
        spec.TryAdd("backoffLimitPerIndex", BackoffLimitPerIndex);
        spec.TryAdd("podReplacementPolicy", "Failed");
        spec.TryAdd("ttlSecondsAfterFinished", SecondsAfterFinished);
        var template = Child(spec, "template");
        Label(Child(template, "metadata"), run);
        var pod = Child(template, "spec");
        pod.TryAdd("restartPolicy", "Never");
        var worker = Worker(pod);
        if (worker is not null)
            FillContainer(worker, run);
        spec.TryAdd("podFailurePolicy", FailurePolicy((string?)worker?["name"]));
    }

    private static void FillContainer(JsonObject worker, RunRecord run)
    {
        // The last lines that a worker wrote are then its termination message, by which the run tells why it stopped.
        worker.TryAdd("terminationMessagePolicy", "FallbackToLogsOnError");
        if (worker["env"] is not JsonArray)
            worker["env"] = new JsonArray();
        var env = worker["env"]!.AsArray();
        if (!env.Any(variable => (string?)variable?["name"] == "MIGRATION_RUN"))
            env.Add((JsonNode)new JsonObject { ["name"] = "MIGRATION_RUN", ["value"] = run.Name });
    }

    /// <summary>
    /// A pod that a node's end or a preemption took, or that somebody told to stop, is not the worker's failure; a wrong
    /// password is every worker's.
    /// </summary>
    private static JsonObject FailurePolicy(string? container) => new()
    {
        ["rules"] = new JsonArray(
            new JsonObject
            {
                ["action"] = "Ignore",
                ["onPodConditions"] = new JsonArray(new JsonObject { ["type"] = "DisruptionTarget", ["status"] = "True" }),
            },
            OnExitCode("Ignore", container, ExitCode.Interrupted),
            OnExitCode("FailJob", container, ExitCode.Configuration)),
    };

    private static JsonObject OnExitCode(string action, string? container, int code)
    {
        var onExitCodes = new JsonObject { ["operator"] = "In", ["values"] = new JsonArray(code) };
        if (container is not null)
            onExitCodes["containerName"] = container;
        return new JsonObject { ["action"] = action, ["onExitCodes"] = onExitCodes };
    }

    private static JsonObject? Worker(JsonObject pod)
    {
        var containers = (pod["containers"] as JsonArray)?.OfType<JsonObject>().ToList() ?? [];
        return containers.Find(container => (string?)container["name"] == WorkerContainer)
            ?? (containers.Count == 1 ? containers[0] : null);
    }

    private static void Label(JsonObject metadata, RunRecord run)
    {
        var labels = Child(metadata, "labels");
        labels[RunIdLabel] = run.Id.ToString();
        labels[RunNameLabel] = LabelValue(run.Name);
    }

    private static JsonObject Child(JsonObject parent, string key)
    {
        if (parent[key] is not JsonObject)
            parent[key] = new JsonObject();
        return parent[key]!.AsObject();
    }

    private static void TryAdd(this JsonObject map, string key, JsonNode value)
    {
        if (map[key] is null)
            map[key] = value;
    }
}
