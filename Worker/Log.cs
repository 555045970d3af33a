using Microsoft.Extensions.Logging;

namespace Migration.Worker;

/// <summary>What a worker says. Event ids are 2000 and up: 2000s its life, 2100s slices, 2200s records and retries.</summary>
internal static partial class Log
{
    private static readonly Func<ILogger, string, string, int, IDisposable?> Slice =
        LoggerMessage.DefineScope<string, string, int>("run {Run} collection {Collection} slice {Slice}");

    /// <summary>What is logged until it is disposed carries run, collection and slice.</summary>
    public static IDisposable? SliceScope(this ILogger logger, string run, string collection, int slice)
        => Slice(logger, run, collection, slice);

    [LoggerMessage(2000, LogLevel.Information, "Worker {Worker} takes slices of run {Run}, {Slices} at a time")]
    public static partial void TakesSlices(this ILogger logger, string worker, string run, int slices);

    [LoggerMessage(2001, LogLevel.Information, "Run {Run} is over ({State}); no more slices are taken of it")]
    public static partial void RunIsOver(this ILogger logger, string run, string state);

    [LoggerMessage(2002, LogLevel.Information, "Worker {Worker} waits for a run in the ledger at {Target}")]
    public static partial void WaitsForRun(this ILogger logger, string worker, string target);

    [LoggerMessage(2003, LogLevel.Warning, "The ledger cannot be reached: {Reason}. Trying again every {Seconds} s")]
    public static partial void LedgerAway(this ILogger logger, string reason, double seconds);

    [LoggerMessage(2004, LogLevel.Information, "Worker {Worker} stops: no new slices, the batches in hand are committed, the rest is handed back")]
    public static partial void Draining(this ILogger logger, string worker);

    [LoggerMessage(2005, LogLevel.Error, "Run {Run} cannot be worked on here: {Reason}")]
    public static partial void RunRefused(this ILogger logger, string run, string reason);

    [LoggerMessage(2006, LogLevel.Information, "Worker {Worker} waits: the {Limit} connections to PostgreSQL that the workers of run {Run} may hold together are taken ({Taken})")]
    public static partial void WaitsForConnections(this ILogger logger, string worker, int limit, string run, int taken);

    [LoggerMessage(2007, LogLevel.Warning, "{Server} cannot be used yet: {Reason} Waiting for it for {Seconds:0} s more")]
    public static partial void WaitsForServer(this ILogger logger, string server, string reason, double seconds);

    [LoggerMessage(2009, LogLevel.Warning, "Run {Run}: messages were sent and none arrived here; subscribing to its queue anew")]
    public static partial void SubscribesAnew(this ILogger logger, string run);

    [LoggerMessage(2010, LogLevel.Information, "Run {Run}: its migration file was mended; from here on slices are taken by the new one")]
    public static partial void FileWasMended(this ILogger logger, string run);

    [LoggerMessage(2011, LogLevel.Warning, "Run {Run}: its queue is not left after {Seconds:0} s, most likely as the broker went away; as the run is complete, it is left behind")]
    public static partial void QueueLeftBehind(this ILogger logger, string run, double seconds);

    [LoggerMessage(2100, LogLevel.Debug, "{Slice}: claimed (claim {Claim}, attempt {Attempt})")]
    public static partial void Claimed(this ILogger logger, string slice, int claim, int attempt);

    [LoggerMessage(2101, LogLevel.Debug, "{Slice}: completed, {Read} read, {Written} written, {Quarantined} quarantined, {Skipped} skipped")]
    public static partial void Completed(this ILogger logger, string slice, long read, long written, long quarantined, long skipped);

    [LoggerMessage(2102, LogLevel.Information, "{Slice}: handed back after {Read} of {Limit} records; it goes on from its checkpoint")]
    public static partial void HandedBack(this ILogger logger, string slice, long read, long limit);

    [LoggerMessage(2103, LogLevel.Debug, "{Slice}: left alone, {Owner} has it in hand")]
    public static partial void OwnedByAnother(this ILogger logger, string slice, string owner);

    [LoggerMessage(2104, LogLevel.Warning, "{Slice}: the ledger does not know it; the message is dropped")]
    public static partial void UnknownSlice(this ILogger logger, string slice);

    [LoggerMessage(2105, LogLevel.Information, "{Slice}: given to another worker meanwhile; this batch was rolled back")]
    public static partial void FenceLost(this ILogger logger, string slice);

    [LoggerMessage(2203, LogLevel.Information, "{Slices}: {Left} of them are tried one by one ({Error})")]
    public static partial void TriedApart(this ILogger logger, string slices, int left, string error);

    [LoggerMessage(2204, LogLevel.Information, "{Slices}: {Left} of them are given back")]
    public static partial void GivenBack(this ILogger logger, string slices, int left);

    [LoggerMessage(2114, LogLevel.Information, "{Slice}: its run is complete without this attempt, which ends")]
    public static partial void AttemptNotNeeded(this ILogger logger, string slice);

    [LoggerMessage(2106, LogLevel.Warning, "{Slice}: attempt {Attempt} failed: {Error}")]
    public static partial void AttemptFailed(this ILogger logger, string slice, int attempt, string error);

    [LoggerMessage(2107, LogLevel.Error, "{Slice}: given up after {Attempts} attempts: {Error}")]
    public static partial void GivenUp(this ILogger logger, string slice, int attempts, string error);

    [LoggerMessage(2108, LogLevel.Warning, "{Slice}: its news could not be published ({Reason}); the ledger has the outcome")]
    public static partial void NewsLost(this ILogger logger, string slice, string reason);

    [LoggerMessage(2109, LogLevel.Warning, "{Slice}: took its worker down (so far: {Attempts}); this attempt is made with nothing else in hand")]
    public static partial void Suspected(this ILogger logger, string slice, int attempts);

    [LoggerMessage(2110, LogLevel.Warning, "{Slice}: took its worker down (so far: {Attempts}); the {Records} records that are left are cut into {Parts} parts, each tried by itself")]
    public static partial void Split(this ILogger logger, string slice, int attempts, long records, int parts);

    [LoggerMessage(2112, LogLevel.Warning, "{Collection} is paused: {Reason}")]
    public static partial void CollectionPaused(this ILogger logger, string collection, string reason);

    [LoggerMessage(2113, LogLevel.Debug, "{Slice}: left alone, its collection is paused")]
    public static partial void LeftPaused(this ILogger logger, string slice);

    [LoggerMessage(2200, LogLevel.Warning, "{What} failed and is tried again in {Seconds:0.0} s (try {Try}): {Error}")]
    public static partial void Retrying(this ILogger logger, string what, double seconds, int @try, string error);

    [LoggerMessage(2201, LogLevel.Debug, "{Slice}: {Count} records quarantined")]
    public static partial void Quarantined(this ILogger logger, string slice, int count);

    [LoggerMessage(2202, LogLevel.Information, "{Slice}: of {Records} records on their way nothing was kept ({Error}); they are read again, and rows at fault taken out")]
    public static partial void StreamLost(this ILogger logger, string slice, long records, string error);

    [LoggerMessage(2210, LogLevel.Warning, "{Host} is left alone for {Seconds:0.0} s: {Reason}. Records that need it wait, and lose no try by it")]
    public static partial void HostRests(this ILogger logger, string host, double seconds, string reason);

    [LoggerMessage(2211, LogLevel.Warning, "{Plugin} could not be closed: {Error}")]
    public static partial void PluginNotClosed(this ILogger logger, string plugin, string error);
}
