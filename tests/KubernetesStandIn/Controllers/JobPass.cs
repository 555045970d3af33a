using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>
/// One look at one Job: count the pods that have ended, decide whether the Job is over, add or remove pods, and write
/// the status. It follows the real controller's order, since that is what shows in the status from one moment to the
/// next.
/// </summary>
internal sealed class JobPass(World world, JobController controller, StoredObject job, List<JobPod> pods)
{
    private readonly JsonObject _spec = job.Value.Part("spec")!;
    private readonly JsonObject _status = job.Value.Part("status")?.Copy() ?? [];
    private readonly JobTally _tally = new(job.Value);
    private readonly List<JobPod> _active = [.. pods.Where(pod => pod.IsActive)];
    private int _terminating = pods.Count(pod => pod.IsTerminating);
    private int _removed;
    private int _created;

    /// <summary>A pod could not be made.</summary>
    public bool CreateFailed { get; private set; }

    public TimeSpan? LookAgainIn { get; private set; }

    private int Active => _active.Count - _removed + _created;

    private int? Completions => _spec.Number("completions");

    private bool IsIndexed => _spec.Text("completionMode") == "Indexed";

    private bool OnlyReplacesFailed => _spec.Text("podReplacementPolicy") == "Failed";

    public void Run()
    {
        var suspended = _spec.Flag("suspend");
        if (!suspended)
            _status.Default("startTime", world.Now.ToApiTime());
        foreach (var pod in _tally.Count(pods))
            controller.Untrack(pod);
        if (Failure() is { } failure)
            EndAs("FailureTarget", "Failed", failure);
        else if (job.Value.IsTrue("SuccessCriteriaMet"))
            EndAs("SuccessCriteriaMet", "Complete", ("CompletionsReached", "Reached expected number of succeeded pods"));
        else
            Manage(suspended);
        WriteStatus();
    }

    private (string Reason, string Message)? Failure()
    {
        if (job.Value.Condition("FailureTarget") is { } known)
            return (known.Text("reason")!, known.Text("message")!);
        if (_tally.FailJobMessage is { } message)
            return ("PodFailurePolicy", message);
        if (IsPastDeadline())
            return ("DeadlineExceeded", "Job was active longer than specified deadline");
        if (_tally.Failed > (_spec.Number("backoffLimit") ?? 6))
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit");
        if (_tally.FailedIndexes.Count > (_spec.Number("maxFailedIndexes") ?? int.MaxValue))
            return ("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes");
        var isThrough = IsIndexed && _tally.FailedIndexes.Count > 0
            && _tally.CompletedIndexes.Count + _tally.FailedIndexes.Count >= Completions;
        return isThrough ? ("FailedIndexes", "Job has failed indexes") : null;
    }

    private bool IsPastDeadline()
    {
        if (_spec.Number("activeDeadlineSeconds") is not { } seconds || _status.Time("startTime") is not { } start)
            return false;
        var left = start + TimeSpan.FromSeconds(seconds) - world.Now;
        if (left > TimeSpan.Zero)
            AskAgainIn(left);
        return left <= TimeSpan.Zero;
    }

    // First it is only said how the Job will end; it has ended when the last of its pods has.
    private void EndAs(string herald, string end, (string Reason, string Message) why)
    {
        foreach (var pod in _active)
        {
            controller.Delete(job, pod, stillTracked: true);
            (_removed, _terminating) = (_removed + 1, _terminating + 1);
        }

        var isHeralded = job.Value.IsTrue(herald);
        AddCondition(herald, why);
        if (Active > 0 || _terminating > 0 || !isHeralded)
            return;
        AddCondition(end, why);
        if (end == "Complete")
        {
            _status["completionTime"] = world.Now.ToApiTime();
            world.Events.Record(job, "Normal", "Completed", "Job completed", "job-controller");
        }
        else
        {
            world.Events.Record(job, "Warning", why.Reason, why.Message, "job-controller");
        }
    }

    private void AddCondition(string type, (string Reason, string Message) why)
    {
        var holder = new JsonObject { ["status"] = _status.DeepClone() };
        if (holder.IsTrue(type))
            return;
        holder.SetCondition(new JsonObject
        {
            ["type"] = type,
            ["status"] = "True",
            ["lastProbeTime"] = world.Now.ToApiTime(),
            ["lastTransitionTime"] = world.Now.ToApiTime(),
            ["reason"] = why.Reason,
            ["message"] = why.Message,
        });
        _status["conditions"] = holder["status"]!["conditions"]!.DeepClone();
    }

    private void Manage(bool suspended)
    {
        var wanted = suspended ? 0 : WantedActive();
        var choice = JobScaleDown.Choose(_active, _active.Count - wanted, IsIndexed ? Completions : null);
        if (choice.Count > 0)
            Remove(choice);
        else if (_active.Count < wanted)
            Add(wanted - _active.Count - (OnlyReplacesFailed ? _terminating : 0));
        if (!suspended && IsComplete())
            AddCondition("SuccessCriteriaMet", ("CompletionsReached", "Reached expected number of succeeded pods"));
    }

    private int WantedActive()
    {
        var parallelism = _spec.Number("parallelism") ?? 1;
        if (Completions is { } completions)
            return Math.Max(0, Math.Min(parallelism, completions - _tally.Succeeded));
        return _tally.Succeeded > 0 ? _active.Count : parallelism;
    }

    private bool IsComplete() =>
        Active == 0 && (Completions is { } completions ? _tally.Succeeded >= completions : _tally.Succeeded > 0);

    private void Remove(List<JobPod> choice)
    {
        foreach (var pod in choice)
            controller.Delete(job, pod, stillTracked: false);
        _removed += choice.Count;
        _terminating += choice.Count(pod => pod.Pod.Text("spec", "nodeName") is not null);
    }

    private void Add(int count)
    {
        if (count <= 0)
            return;
        if (!_tally.IsPerIndex && JobBackoff.AfterFailures(pods) - world.Now is { } wait && wait > TimeSpan.Zero)
        {
            AskAgainIn(wait);
            return;
        }

        if (IsIndexed)
            CreateInBatches([.. ReadyIndexes(count).Select(index => (int?)index)]);
        else
            CreateInBatches(new int?[count]);
    }

    private IEnumerable<int> ReadyIndexes(int count)
    {
        var taken = _active.Concat(pods.Where(pod => OnlyReplacesFailed && pod.IsTerminating)).Select(pod => pod.Index).ToHashSet();
        taken.UnionWith(_tally.CompletedIndexes);
        taken.UnionWith(_tally.FailedIndexes);
        foreach (var index in Enumerable.Range(0, Completions ?? 0).Where(index => !taken.Contains(index)).Take(count).ToList())
        {
            var wait = JobBackoff.BeforeReplacing(_tally.ToReplace.GetValueOrDefault(index)) - world.Now;
            if (wait is { } longer && longer > TimeSpan.Zero)
                AskAgainIn(longer);
            else
                yield return index;
        }
    }

    // One, then two, then four...: if the API refuses pods, it is not asked for hundreds.
    private void CreateInBatches(int?[] indexes)
    {
        var size = 1;
        for (var done = 0; done < indexes.Length && !CreateFailed; size *= 2)
        {
            foreach (var index in indexes.Skip(done).Take(size))
            {
                var made = controller.Create(job, index, index is { } number ? _tally.ToReplace.GetValueOrDefault(number) : null);
                _created += made is null ? 0 : 1;
                CreateFailed |= made is null;
            }

            done += size;
        }
    }

    private void AskAgainIn(TimeSpan delay) => LookAgainIn = LookAgainIn is { } earlier && earlier < delay ? earlier : delay;

    private void WriteStatus()
    {
        Set("active", Active);
        Set("succeeded", _tally.Succeeded);
        Set("failed", _tally.Failed);
        _status["terminating"] = _terminating;
        _status["ready"] = _active.Count(pod => pod.IsReady);
        _status["uncountedTerminatedPods"] = new JsonObject();
        if (IsIndexed && _tally.CompletedIndexes.Count > 0)
            _status["completedIndexes"] = _tally.CompletedIndexes.ToString();
        else
            _status.Remove("completedIndexes");
        if (_tally.IsPerIndex)
            _status["failedIndexes"] = _tally.FailedIndexes.ToString();
        world.Writer.Update(ResourceTypes.Jobs, job.Value.Namespace(), job.Value.Name(), after => after["status"] = _status.DeepClone());
    }

    private void Set(string name, int count)
    {
        if (count > 0)
            _status[name] = count;
        else
            _status.Remove(name);
    }
}
