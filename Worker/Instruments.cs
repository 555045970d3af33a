using System.Diagnostics.Metrics;
using Migration.Contracts.Ledger;
using Npgsql;

namespace Migration.Worker;

/// <summary>
/// What a worker counts, by a <see cref="Meter"/> and for whatever exporter listens. Once a batch or a slice, never once a
/// record; without a listener an instrument costs a comparison.
/// </summary>
internal static class Instruments
{
    public const string MeterName = "migration";

    public static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Read = Meter.CreateCounter<long>("migration.records.read", null, "Records whose outcome this process has committed.");
    private static readonly Counter<long> Written = Meter.CreateCounter<long>("migration.records.written", null, "Records written.");
    private static readonly Counter<long> Quarantined = Meter.CreateCounter<long>("migration.records.quarantined", null, "Records put into quarantine.");
    private static readonly Counter<long> Skipped = Meter.CreateCounter<long>("migration.records.skipped", null, "Records skipped because their key was there.");
    private static readonly Counter<long> ValuesChanged = Meter.CreateCounter<long>("migration.values.changed", null, "Values that onUnfit changed while mapping, by column; a batch that is mapped again counts again.");
    private static readonly Counter<long> Batches = Meter.CreateCounter<long>("migration.batches", null, "Batches that went through a stage.");
    private static readonly Counter<double> StageTime = Meter.CreateCounter<double>("migration.stage", "s", "Time spent in a stage, over all slices in hand.");
    private static readonly Counter<long> Slices = Meter.CreateCounter<long>("migration.slices.ended", null, "Slices that left this process's hands, by what became of them.");
    private static readonly UpDownCounter<int> InHand = Meter.CreateUpDownCounter<int>("migration.slices.in_hand", null, "Slices in hand.");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("migration.retries", null, "Tries again after a failure that may pass, by the system that failed.");
    private static readonly Counter<long> Waits = Meter.CreateCounter<long>("migration.connection.waits", null, "Times that there was no connection to the target: none of the run's was left, or the server refused.");
    private static readonly UpDownCounter<int> Connections = Meter.CreateUpDownCounter<int>("migration.connections", null, "Connections to the target that this process may hold.");

    public static void Committed(string collection, SliceCounts batch)
    {
        var tag = Tag("collection", collection);
        Read.Add(batch.Read, tag);
        Written.Add(batch.Written, tag);
        Quarantined.Add(batch.Quarantined, tag);
        Skipped.Add(batch.Skipped, tag);
    }

    public static void Changed(string collection, string column, long values) =>
        ValuesChanged.Add(values, Tag("collection", collection), Tag("column", column));

    /// <param name="stage"><c>read</c>, <c>map</c>, <c>enrich</c> or <c>write</c>.</param>
    /// <param name="since">A time stamp of <paramref name="time"/>.</param>
    public static void Passed(string stage, long since, TimeProvider time) => Passed(stage, time.GetElapsedTime(since));

    /// <param name="stage">As above.</param>
    /// <param name="took">What the stage took.</param>
    public static void Passed(string stage, TimeSpan took)
    {
        var tag = Tag("stage", stage);
        Batches.Add(1, tag);
        StageTime.Add(took.TotalSeconds, tag);
    }

    public static void TookUp() => InHand.Add(1);

    public static void LetGo() => InHand.Add(-1);

    /// <param name="outcome"><c>completed</c>, <c>failed</c>, <c>tried</c>, <c>split</c> or <c>handed_back</c>.</param>
    public static void Ended(string collection, string outcome)
        => Slices.Add(1, Tag("collection", collection), Tag("outcome", outcome));

    /// <summary>A call of enrichment is made again.</summary>
    public static void RetriedCall() => Retries.Add(1, Tag("system", "service"));

    public static void Retried(Exception reason)
        => Retries.Add(1, Tag("system", reason is NpgsqlException ? "target" : "source"));

    /// <param name="reason"><c>share</c> or <c>server</c>.</param>
    public static void WaitedForConnection(string reason) => Waits.Add(1, Tag("reason", reason));

    public static void MayHold(int more) => Connections.Add(more);

    private static KeyValuePair<string, object?> Tag(string key, string value) => new(key, value);
}
