using System.Globalization;
using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>The pod that a Job's template describes, for one index.</summary>
internal static class PodTemplate
{
    /// <param name="index">Null in a Job without indexes.</param>
    /// <param name="replaced">The failed pod whose place it takes, or null.</param>
    public static JsonObject Fill(StoredObject job, int? index, JobPod? replaced)
    {
        var template = job.Value.Part("spec", "template")!.Copy();
        var meta = template.Ensure("metadata");
        meta["namespace"] = job.Value.Namespace();
        meta["generateName"] = $"{job.Value.Name()}-";
        meta["ownerReferences"] = new JsonArray(OwnerReference(job));
        meta["finalizers"] = new JsonArray(JobPod.Finalizer);
        if (index is { } number)
            Number(template, job, number, replaced);
        return new JsonObject { ["metadata"] = meta.DeepClone(), ["spec"] = template["spec"]!.DeepClone() };
    }

    public static JsonObject OwnerReference(StoredObject owner) => new()
    {
        ["apiVersion"] = owner.Type.ApiVersion,
        ["kind"] = owner.Type.Kind,
        ["name"] = owner.Value.Name(),
        ["uid"] = owner.Value.Uid(),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    private static void Number(JsonObject template, StoredObject job, int index, JobPod? replaced)
    {
        var text = index.ToString(CultureInfo.InvariantCulture);
        var meta = template.Ensure("metadata");
        meta["generateName"] = $"{job.Value.Name()}-{text}-";
        meta.Ensure("labels")[JobPod.IndexLabel] = text;
        meta.Ensure("annotations")[JobPod.IndexLabel] = text;
        if (job.Value.Number("spec", "backoffLimitPerIndex") is not null)
            CountFailures(meta.Ensure("annotations"), job.Value, replaced);
        var spec = template.Ensure("spec");
        spec["hostname"] = $"{job.Value.Name()}-{text}";
        foreach (var container in spec.Items("containers").Concat(spec.Items("initContainers")))
            AddIndexVariable(container);
    }

    private static void CountFailures(JsonObject annotations, JsonObject job, JobPod? replaced)
    {
        var (failures, ignored) = (replaced?.Failures ?? 0, replaced?.IgnoredFailures ?? 0);
        if (replaced is not null)
        {
            if (PodFailureVerdict.Of(job, replaced.Pod).Action == "Ignore")
                ignored++;
            else
                failures++;
        }

        annotations[JobPod.FailureCount] = failures.ToString(CultureInfo.InvariantCulture);
        if (ignored > 0)
            annotations[JobPod.IgnoredFailureCount] = ignored.ToString(CultureInfo.InvariantCulture);
    }

    private static void AddIndexVariable(JsonObject container)
    {
        if (container["env"] is not JsonArray variables)
            container["env"] = variables = [];
        if (variables.Any(variable => variable.Text("name") == "JOB_COMPLETION_INDEX"))
            return;
        variables.Add(new JsonObject
        {
            ["name"] = "JOB_COMPLETION_INDEX",
            ["valueFrom"] = new JsonObject
            {
                ["fieldRef"] = new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["fieldPath"] = $"metadata.labels['{JobPod.IndexLabel}']",
                },
            },
        });
    }
}
