using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Validation;

/// <summary>What the API server fills in where a new Job says nothing, and the labels by which it finds its pods.</summary>
internal static class JobDefaults
{
    private static readonly string[] ControllerLabels = ["batch.kubernetes.io/controller-uid", "controller-uid"];
    private static readonly string[] NameLabels = ["batch.kubernetes.io/job-name", "job-name"];

    public static void Fill(JsonObject job)
    {
        var spec = job.Ensure("spec");
        spec.Default("completionMode", "NonIndexed");
        if (spec["parallelism"] is null && spec["completions"] is null)
            spec["completions"] = 1;
        spec.Default("parallelism", 1);
        spec.Default("backoffLimit", spec["backoffLimitPerIndex"] is null ? 6 : int.MaxValue);
        spec.Default("manualSelector", false);
        spec.Default("suspend", false);
        spec.Default("podReplacementPolicy", spec["podFailurePolicy"] is null ? "TerminatingOrFailed" : "Failed");
        foreach (var condition in spec.Items("podFailurePolicy", "rules").SelectMany(rule => rule.Items("onPodConditions")))
            condition.Default("status", "True");
        PodDefaults.FillSpec(job.Ensure("spec", "template", "spec"));
    }

    /// <summary>The uid is known: the API server makes the selector with it.</summary>
    public static void Select(JsonObject job)
    {
        if (job.Flag("spec", "manualSelector"))
            return;
        job.Ensure("spec", "selector", "matchLabels")[ControllerLabels[0]] = job.Uid();
        var labels = job.Ensure("spec", "template", "metadata", "labels");
        foreach (var label in ControllerLabels)
            labels[label] = job.Uid();
        foreach (var label in NameLabels)
            labels[label] = job.Name();
    }
}
