using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Admission;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>
/// Brings each Job's pods to what the Job asks for. Like the real one it looks at a Job at once when the Job changed, and a
/// second later when only its pods did, so that many changes of pods become one of the Job's status.
/// </summary>
internal sealed class JobController
{
    private static readonly TimeSpan PodChangesTogether = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestCreateBackoff = TimeSpan.FromMinutes(1);

    private readonly World _world;
    private readonly PodCreation _pods;
    private readonly Dictionary<string, DateTimeOffset> _due = [];
    private readonly Dictionary<string, SortedDictionary<string, JobPod>> _podsOf = [];
    private readonly Dictionary<string, int> _failedCreates = [];

    public JobController(World world, PodCreation pods)
    {
        (_world, _pods) = (world, pods);
        world.Store.Changed += Note;
    }

    private void Note(StoreChange change)
    {
        if (change.Type == ResourceTypes.Jobs)
        {
            var job = change.After.Value;
            LookAt(job.Namespace(), job.Name(), job.Uid(), TimeSpan.Zero);
        }
        else if (change.Type == ResourceTypes.Pods && JobOf(change.After.Value) is { } owner)
        {
            Keep(change, owner.Text("uid")!);
            LookAt(change.After.Value.Namespace(), owner.Text("name")!, owner.Text("uid")!, PodChangesTogether);
        }
    }

    private static JsonObject? JobOf(JsonObject pod) => pod.Items("metadata", "ownerReferences")
        .FirstOrDefault(owner => owner.Flag("controller") && owner.Text("kind") == "Job");

    private void Keep(StoreChange change, string job)
    {
        if (!_podsOf.TryGetValue(job, out var pods))
            _podsOf[job] = pods = new(StringComparer.Ordinal);
        if (change.Kind == ChangeKind.Deleted)
            pods.Remove(change.After.Value.Name());
        else
            pods[change.After.Value.Name()] = new JobPod(change.After);
    }

    private void LookAt(string @namespace, string name, string uid, TimeSpan delay)
    {
        var due = _world.Now + delay;
        if (_due.TryGetValue(uid, out var earlier) && earlier <= due)
            return;
        _due[uid] = due;
        _world.Time.After(delay, () =>
        {
            if (!_due.TryGetValue(uid, out var still) || still != due)
                return;
            _due.Remove(uid);
            Sync(@namespace, name, uid);
        });
    }

    private void Sync(string @namespace, string name, string uid)
    {
        var pods = _podsOf.TryGetValue(uid, out var known) ? known.Values.ToList() : [];
        var job = _world.Store.Find(ResourceTypes.Jobs, @namespace, name);
        if (job is null || job.Value.Uid() != uid)
        {
            foreach (var pod in pods.Where(pod => pod.IsTracked))
                Untrack(pod);
            return;
        }

        if (job.Value.IsTrue("Complete") || job.Value.IsTrue("Failed"))
            Finish(job, pods);
        else if (!job.Value.IsGoing())
            Work(job, pods);
        else
            LetGo(pods);
    }

    // Of a Job that is being deleted nothing is counted any more, and its pods may go when they have ended.
    private void LetGo(List<JobPod> pods)
    {
        foreach (var pod in pods.Where(pod => pod.IsTracked && pod.IsOver))
            Untrack(pod);
    }

    private void Work(StoredObject job, List<JobPod> pods)
    {
        var pass = new JobPass(_world, this, job, pods);
        pass.Run();
        var (@namespace, name, uid) = (job.Value.Namespace(), job.Value.Name(), job.Value.Uid());
        if (pass.LookAgainIn is { } delay)
            LookAt(@namespace, name, uid, delay);
        if (!pass.CreateFailed)
            _failedCreates.Remove(uid);
        else
            LookAt(@namespace, name, uid, CreateBackoff(uid));
    }

    private TimeSpan CreateBackoff(string uid)
    {
        var failures = _failedCreates[uid] = _failedCreates.GetValueOrDefault(uid) + 1;
        var backoff = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(failures, 7) - 1));
        return backoff < LongestCreateBackoff ? backoff : LongestCreateBackoff;
    }

    private void Finish(StoredObject job, List<JobPod> pods)
    {
        foreach (var pod in pods.Where(pod => pod.IsTracked && (pod.IsOver || job.Value.IsGoing())))
            Untrack(pod);
        if (job.Value.Number("spec", "ttlSecondsAfterFinished") is not { } seconds || job.Value.IsGoing())
            return;
        var end = (job.Value.Condition("Complete") ?? job.Value.Condition("Failed")).Time("lastTransitionTime") ?? _world.Now;
        var left = end + TimeSpan.FromSeconds(seconds) - _world.Now;
        if (left > TimeSpan.Zero)
            LookAt(job.Value.Namespace(), job.Value.Name(), job.Value.Uid(), left);
        else
            _world.Writer.Delete(job, new DeleteRequest(Propagation: Propagation.Foreground));
    }

    /// <summary>Null, and an event, where the API refuses the pod.</summary>
    public StoredObject? Create(StoredObject job, int? index, JobPod? replaced)
    {
        try
        {
            var pod = _pods.Create(PodTemplate.Fill(job, index, replaced));
            _world.Events.Record(job, "Normal", "SuccessfulCreate", $"Created pod: {pod.Value.Name()}", "job-controller");
            return pod;
        }
        catch (ApiError e)
        {
            _world.Events.Record(job, "Warning", "FailedCreate", $"Error creating: {e.Message}", "job-controller");
            return null;
        }
    }

    /// <param name="stillTracked">False: how it ends is nothing to the Job any more.</param>
    public void Delete(StoredObject job, JobPod pod, bool stillTracked)
    {
        if (!stillTracked)
            Untrack(pod);
        if (_world.Store.Find(ResourceTypes.Pods, pod.Pod.Namespace(), pod.Name) is not { } stored)
            return;
        _world.Writer.Delete(stored, new DeleteRequest());
        _world.Events.Record(job, "Normal", "SuccessfulDelete", $"Deleted pod: {pod.Name}", "job-controller");
    }

    public void Untrack(JobPod pod) => _world.Writer.Update(
        ResourceTypes.Pods, pod.Pod.Namespace(), pod.Name, changed => changed.RemoveFinalizer(JobPod.Finalizer));
}
