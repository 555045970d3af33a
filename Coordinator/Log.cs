using Microsoft.Extensions.Logging;

namespace Migration.Coordinator;

/// <summary>What a coordinator logs. Event ids are 1000 and up: 1000s runs, 1100s publishing and reconcile, 1200s workers.</summary>
internal static partial class Log
{
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
}
