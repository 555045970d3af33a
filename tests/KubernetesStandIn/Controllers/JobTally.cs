using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>
/// How a Job's pods have ended. A pod is counted once: it carries a finalizer until it is. With a limit per index, the
/// last failed pod of an index is counted only when its replacement is there, as it carries the count of failures on.
/// </summary>
internal sealed class JobTally
{
    private readonly JsonObject _job;
    private readonly int _completions;
    private readonly int? _limitPerIndex;
    private int _succeeded;

    public JobTally(JsonObject job)
    {
        _job = job;
        _completions = job.Number("spec", "completions") ?? int.MaxValue;
        _limitPerIndex = job.Number("spec", "backoffLimitPerIndex");
        CompletedIndexes = IndexSet.Parse(job.Text("status", "completedIndexes"), _completions);
        FailedIndexes = IndexSet.Parse(job.Text("status", "failedIndexes"), _completions);
        Failed = job.Number("status", "failed") ?? 0;
        _succeeded = job.Number("status", "succeeded") ?? 0;
    }

    public bool IsPerIndex => _limitPerIndex is not null;

    public IndexSet CompletedIndexes { get; }

    public IndexSet FailedIndexes { get; }

    public int Succeeded => IsIndexed ? CompletedIndexes.Count : _succeeded;

    public int Failed { get; private set; }

    /// <summary>Set when a rule of the pod failure policy fails the whole Job.</summary>
    public string? FailJobMessage { get; private set; }

    /// <summary>The failed pods that wait for a replacement, by index.</summary>
    public Dictionary<int, JobPod> ToReplace { get; } = [];

    private bool IsIndexed => _job.Text("spec", "completionMode") == "Indexed";

    /// <returns>The pods that are counted now.</returns>
    public List<JobPod> Count(List<JobPod> pods)
    {
        var counted = new List<JobPod>();
        foreach (var pod in pods.Where(pod => pod.IsTracked && pod.HasSucceeded))
        {
            if (IsIndexed && pod.Index < _completions)
                CompletedIndexes.Add(pod.Index);
            _succeeded++;
            counted.Add(pod);
        }

        var busy = pods.Where(pod => pod.IsActive).Select(pod => pod.Index).ToHashSet();
        foreach (var pod in pods.Where(pod => pod.IsTracked && pod.HasFailed).OrderBy(pod => pod.FinishedAt))
            CountFailed(pod, busy, counted);
        return counted;
    }

    private void CountFailed(JobPod pod, HashSet<int> busy, List<JobPod> counted)
    {
        var verdict = PodFailureVerdict.Of(_job, pod.Pod);
        if (verdict.Action == "FailJob")
            FailJobMessage ??= verdict.Message;
        if (IsPerIndex && (verdict.Action == "FailIndex" || (verdict.Action == "Count" && pod.Failures >= _limitPerIndex)))
            FailedIndexes.Add(pod.Index);
        if (Waits(pod, busy) && verdict.Action != "FailJob")
        {
            if (!ToReplace.Remove(pod.Index, out var older))
            {
                ToReplace[pod.Index] = pod;
                return;
            }

            ToReplace[pod.Index] = pod;
            pod = older;
            verdict = PodFailureVerdict.Of(_job, pod.Pod);
        }

        Failed += verdict.Action == "Ignore" ? 0 : 1;
        counted.Add(pod);
    }

    private bool Waits(JobPod pod, HashSet<int> busy) =>
        IsPerIndex && !_job.IsTrue("FailureTarget") && pod.Index < _completions && !busy.Contains(pod.Index) && !CompletedIndexes.Contains(pod.Index)
        && !FailedIndexes.Contains(pod.Index);
}
