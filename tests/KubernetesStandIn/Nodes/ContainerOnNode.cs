using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Migration.KubernetesStandIn.Runners;
using Migration.KubernetesStandIn.Simulation;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>One container of a pod: waiting, running, or ended, and what comes next.</summary>
internal sealed class ContainerOnNode(PodOnNode pod, JsonObject container)
{
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(5);

    private JsonObject _state = Waiting("ContainerCreating", null);
    private JsonObject _lastState = [];
    private Run? _run;
    private string _log = "";
    private bool _isReady;
    private int _restarts;
    private int _pulls;

    public string Name => container.Text("name")!;

    public bool IsRunning => _run is not null;

    public bool IsReady => _isReady && IsRunning;

    /// <summary>It will not be started again.</summary>
    public bool HasEnded => _state["terminated"] is not null;

    public int? ExitCode => _state.Number("terminated", "exitCode");

    public string Log => _run?.Running?.Log ?? _log;

    private World World => pod.World;

    private string Image => container.Text("image") ?? "";

    public void Start()
    {
        if (pod.Stored is not { } stored || IsRunning || HasEnded)
            return;
        if (pod.Kubelet.Faults.ImagePull?.Invoke(Model(stored)) is { } noImage)
        {
            FailToPull(noImage);
            return;
        }

        var (variables, fault) = pod.Kubelet.Environment.Resolve(stored.Value, container);
        if (fault is not null)
        {
            Wait("CreateContainerConfigError", fault);
            Tell("Warning", "Failed", $"Error: {fault}");
            pod.TryLater(this);
            return;
        }

        Tell("Normal", "Pulled", $"Container image \"{Image}\" already present on machine and can be accessed by the pod");
        Tell("Normal", "Created", "Container created");
        Begin(new ContainerStart(Model(stored), KubernetesJson.Deserialize<V1Container>(container.ToJsonString()), variables, _restarts));
    }

    public void Terminate() => _run?.Running?.Terminate();

    public void Kill() => _run?.Running?.Kill();

    public void Vanish()
    {
        var run = _run;
        _run = null;
        run?.Running?.Kill();
    }

    public void FoundDead()
    {
        if (!HasEnded)
            _state = Terminated(137, "Error", _state.Time("running", "startedAt") ?? World.Now, World.Now);
    }

    public JsonObject Status()
    {
        var isRunning = _state["running"] is not null;
        var status = new JsonObject
        {
            ["name"] = Name,
            ["state"] = _state.DeepClone(),
            ["lastState"] = _lastState.DeepClone(),
            ["ready"] = IsReady,
            ["restartCount"] = _restarts,
            ["image"] = Image,
            ["imageID"] = _restarts > 0 || isRunning || HasEnded ? "sha256:d06e098ccd4e805847af79b098aabefd3df955937e94c69f525d1eb58aae4d40" : "",
            ["started"] = isRunning,
        };
        return status;
    }

    private static V1Pod Model(StoredObject pod) => KubernetesJson.Deserialize<V1Pod>(pod.Value.ToJsonString());

    private void Begin(ContainerStart start)
    {
        _run = new Run(this);
        _state = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = World.Now.ToApiTime() } };
        _isReady = false;
        Tell("Normal", "Started", "Container started");
        _run.Running = pod.Kubelet.Runner.Start(start, _run);
        // What is ready from the start is so in the same status that says it runs.
        World.Time.Soon(pod.Report);
    }

    private void FailToPull(string why)
    {
        _pulls++;
        Tell("Normal", "Pulling", $"Pulling image \"{Image}\"");
        Tell("Warning", "Failed", $"Failed to pull image \"{Image}\": {why}");
        Tell("Warning", "Failed", "Error: ErrImagePull");
        Wait("ErrImagePull", why);
        var backoff = Backoff(_pulls);
        World.Time.After(TimeSpan.FromSeconds(2), () =>
        {
            if (pod.Stored is null || IsRunning || HasEnded)
                return;
            Tell("Normal", "BackOff", $"Back-off pulling image \"{Image}\"");
            Tell("Warning", "Failed", "Error: ImagePullBackOff");
            Wait("ImagePullBackOff", $"Back-off pulling image \"{Image}\": ErrImagePull: {why}");
        });
        pod.TryLater(this, backoff);
    }

    private static TimeSpan Backoff(int tries)
    {
        var backoff = TimeSpan.FromSeconds(10 * Math.Pow(2, Math.Min(tries, 6) - 1));
        return backoff < LongestBackoff ? backoff : LongestBackoff;
    }

    private void Wait(string reason, string? message)
    {
        _state = Waiting(reason, message);
        pod.Report();
    }

    private void NowReady(bool isReady)
    {
        _isReady = isReady;
        pod.Report();
    }

    private void NowEnded(Run run, int exitCode, string? reason)
    {
        _log = run.Running?.Log ?? _log;
        _run = null;
        var ended = Terminated(
            exitCode, reason ?? (exitCode == 0 ? "Completed" : "Error"), _state.Time("running", "startedAt") ?? World.Now, World.Now);
        if (StartsAgain(exitCode))
            Restart(ended);
        else
            _state = ended;
        pod.Report();
    }

    private bool StartsAgain(int exitCode) => !pod.IsStopping && pod.Stored?.Value.Text("spec", "restartPolicy") switch
    {
        "Always" => true,
        "OnFailure" => exitCode != 0,
        _ => false,
    };

    private void Restart(JsonObject ended)
    {
        var backoff = Backoff(_restarts + 1);
        _restarts++;
        _lastState = ended;
        var name = pod.Stored!.Value.Name();
        _state = Waiting(
            "CrashLoopBackOff",
            $"back-off {backoff.TotalSeconds:0}s restarting failed container={Name} pod={name}_{pod.Stored.Value.Namespace()}({pod.Stored.Value.Uid()})");
        Tell("Warning", "BackOff", $"Back-off restarting failed container {Name} in pod {name}_{pod.Stored.Value.Namespace()}({pod.Stored.Value.Uid()})");
        pod.TryLater(this, backoff);
    }

    private void Tell(string type, string reason, string message)
    {
        if (pod.Stored is { } stored)
            World.Events.Record(stored, type, reason, message, "kubelet", pod.Node, Name);
    }

    private static JsonObject Waiting(string reason, string? message)
    {
        var waiting = new JsonObject { ["reason"] = reason };
        if (message is not null)
            waiting["message"] = message;
        return new JsonObject { ["waiting"] = waiting };
    }

    private static JsonObject Terminated(int exitCode, string reason, DateTimeOffset started, DateTimeOffset finished) => new()
    {
        ["terminated"] = new JsonObject
        {
            ["exitCode"] = exitCode,
            ["reason"] = reason,
            ["startedAt"] = started.ToApiTime(),
            ["finishedAt"] = finished.ToApiTime(),
        },
    };

    /// <summary>One start of the container. Reports of an earlier start, or after the end, say nothing any more.</summary>
    private sealed class Run(ContainerOnNode container) : IContainerReports
    {
        public IRunningContainer? Running { get; set; }

        public void Ready(bool isReady) => Say(() => container.NowReady(isReady));

        public void Exited(int exitCode, string? reason = null) => Say(() => container.NowEnded(this, exitCode, reason));

        public void After(TimeSpan delay, Action action) => container.World.Time.Do(() => container.World.Time.After(delay, action));

        private void Say(Action action) => container.World.Time.Do(() => container.World.Time.Soon(() =>
        {
            if (container._run == this)
                action();
        }));
    }
}
