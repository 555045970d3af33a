using System.Globalization;
using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>A pod as the Job controller sees it.</summary>
internal sealed record JobPod(StoredObject Stored)
{
    public const string Finalizer = "batch.kubernetes.io/job-tracking";
    public const string IndexLabel = "batch.kubernetes.io/job-completion-index";
    public const string FailureCount = "batch.kubernetes.io/job-index-failure-count";
    public const string IgnoredFailureCount = "batch.kubernetes.io/job-index-ignored-failure-count";

    public JsonObject Pod => Stored.Value;

    public string Name => Pod.Name();

    public string? Phase => Pod.Text("status", "phase");

    public bool HasSucceeded => Phase == "Succeeded";

    public bool HasFailed => Phase == "Failed";

    public bool IsOver => HasSucceeded || HasFailed;

    public bool IsActive => !IsOver && !Pod.IsGoing();

    public bool IsTerminating => !IsOver && Pod.IsGoing();

    public bool IsReady => IsActive && Pod.IsTrue("Ready");

    /// <summary>The controller has yet to count how it ended.</summary>
    public bool IsTracked => Pod.HasFinalizer(Finalizer);

    public int Index => Annotation(IndexLabel) ?? -1;

    public int Failures => Annotation(FailureCount) ?? 0;

    public int IgnoredFailures => Annotation(IgnoredFailureCount) ?? 0;

    public DateTimeOffset FinishedAt =>
        Pod.Items("status", "containerStatuses").Max(status => status.Time("state", "terminated", "finishedAt"))
        ?? Pod.Condition("Ready").Time("lastTransitionTime") ?? Pod.Time("metadata", "deletionTimestamp")
        ?? Pod.Time("metadata", "creationTimestamp") ?? DateTimeOffset.UnixEpoch;

    private int? Annotation(string name) =>
        int.TryParse(Pod.Text("metadata", "annotations", name), CultureInfo.InvariantCulture, out var number) ? number : null;
}
