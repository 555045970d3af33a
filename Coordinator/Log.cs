using Microsoft.Extensions.Logging;

namespace Migration.Coordinator;

/// <summary>What a coordinator logs. Event ids are 1000 and up: 1000s runs, 1100s publishing and reconcile, 1200s workers, 1210s their Job on Kubernetes.</summary>
internal static partial class Log
{
    private static readonly Func<ILogger, string, IDisposable?> Run = LoggerMessage.DefineScope<string>("run {Run}");

    /// <summary>What is logged until it is disposed carries the run.</summary>
    public static IDisposable? RunScope(this ILogger logger, string run) => Run(logger, run);

    [LoggerMessage(1100, LogLevel.Debug, "{Collection}: {Count} slices published")]
    public static partial void Published(this ILogger logger, string collection, int count);

    [LoggerMessage(1101, LogLevel.Warning, "{Count} slices had no live owner any more and are enqueued again, the first is {First}")]
    public static partial void Reenqueued(this ILogger logger, int count, string first);

    [LoggerMessage(1102, LogLevel.Warning, "The queue is empty while {Count} slices wait; their messages were lost and are sent again")]
    public static partial void MessagesLost(this ILogger logger, int count);

    [LoggerMessage(1107, LogLevel.Error, "{Count} slices were given up: {Messages} messages were sent for each, and no worker claimed it")]
    public static partial void NeverClaimed(this ILogger logger, int count, int messages);

    [LoggerMessage(1103, LogLevel.Warning, "Reconcile failed and is tried again: {Reason}")]
    public static partial void ReconcileFailed(this ILogger logger, string reason);

    [LoggerMessage(1105, LogLevel.Warning, "The ledger cannot be reached, waiting for it: {Reason}")]
    public static partial void LedgerAway(this ILogger logger, string reason);

    [LoggerMessage(1104, LogLevel.Warning, "{Collection}, slice {Slice} gave up after {Attempts} attempts: {Error}")]
    public static partial void SliceGaveUp(this ILogger logger, string collection, int slice, int attempts, string error);

    [LoggerMessage(1200, LogLevel.Warning, "Local worker {Pid} ended with exit code {Code}; another is started")]
    public static partial void WorkerDied(this ILogger logger, int pid, int code);

    [LoggerMessage(1201, LogLevel.Information, "Local workers: {Wanted} are wanted instead of {Present}")]
    public static partial void LocalWorkersScaled(this ILogger logger, int present, int wanted);

    [LoggerMessage(1210, LogLevel.Information, "Job {Namespace}/{Job} created with {Workers} of {Wanted} workers")]
    public static partial void JobCreated(this ILogger logger, string @namespace, string job, int workers, int wanted);

    [LoggerMessage(1211, LogLevel.Information, "Job {Namespace}/{Job} is this run's and goes on, with {Workers} workers")]
    public static partial void JobAdopted(this ILogger logger, string @namespace, string job, int workers);

    [LoggerMessage(1212, LogLevel.Information, "Workers: from {Present} to {Next} of {Wanted}")]
    public static partial void JobScaled(this ILogger logger, int present, int next, int wanted);

    [LoggerMessage(1213, LogLevel.Information, "Job {Namespace}/{Job} is deleted and created anew: {Reason}")]
    public static partial void JobReplaced(this ILogger logger, string @namespace, string job, string reason);

    [LoggerMessage(1214, LogLevel.Warning, "{Note}")]
    public static partial void WorkersHeld(this ILogger logger, string note);

    [LoggerMessage(1215, LogLevel.Information, "Nothing is in the way of more workers any more: {Ready} of {Wanted} run")]
    public static partial void WorkersGoOn(this ILogger logger, int ready, int wanted);

    [LoggerMessage(1216, LogLevel.Information, "All {Wanted} workers run")]
    public static partial void AllWorkersRun(this ILogger logger, int wanted);

    [LoggerMessage(1217, LogLevel.Warning, "The pod template of the worker Job has changed. Job {Namespace}/{Job} goes on with the one that it was started with; the annotation migration/on-template-change: replace has it replaced")]
    public static partial void TemplateKept(this ILogger logger, string @namespace, string job);

    [LoggerMessage(1218, LogLevel.Warning, "{Problem} The worker Job as it was read before is followed meanwhile")]
    public static partial void TemplateUnusable(this ILogger logger, string problem);

    [LoggerMessage(1219, LogLevel.Warning, "The Kubernetes API server cannot be used and is tried again: {Reason}. Workers that run go on")]
    public static partial void ApiAway(this ILogger logger, string reason);

    [LoggerMessage(1220, LogLevel.Information, "Job {Namespace}/{Job}: pods are left at the end of the run and are let go")]
    public static partial void LastPodsLetGo(this ILogger logger, string @namespace, string job);

    [LoggerMessage(1221, LogLevel.Warning, "The message bus has not ended within {Seconds:0} s and is left behind; nothing waits for it any more")]
    public static partial void NoFarewell(this ILogger logger, double seconds);
}
