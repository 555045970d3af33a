using Migration.Coordinator.Tracking;
using Spectre.Console;

namespace Migration.Coordinator.Replay;

/// <summary>What a replay says of what it did, or would do.</summary>
internal sealed class ReplayText(IAnsiConsole console)
{
    public void Write(ReplayedRecords records)
    {
        if (records.Tried == 0)
        {
            console.Line("No record of the selection is in quarantine.");
            return;
        }

        console.Line(
            $"Quarantine: {records.Tried:N0} records tried again = {records.Written:N0} written + {records.Skipped:N0} skipped + "
            + $"{records.RefusedCount:N0} refused once more");
        WriteRefused(records);
    }

    public void WriteRehearsal(ReplayedRecords records)
    {
        if (records.Tried == 0)
        {
            console.Line("No record of the selection is in quarantine.");
            return;
        }

        console.Line($"Quarantine: {records.Tried - records.RefusedCount:N0} of {records.Tried:N0} records would succeed now");
        foreach (var (cause, (tried, refused)) in records.ByOldCause.OrderByDescending(c => c.Value.Tried))
            console.Line($"  cause {cause}: {tried - refused:N0} of {tried:N0}");
        WriteRefused(records);
    }

    public void WriteRehearsal(long slices)
        => console.Line(slices == 0 ? "No slice of the selection has given up." : $"{CountsText.Of(slices, "slice")} that gave up would be put back to work.");

    public void Write(DeadLetterCounts counts)
    {
        if (counts.Replayed > 0)
            console.Line($"{CountsText.Of(counts.Replayed, "slice")} put back to work");
        if (counts.AlreadyDone > 0)
            console.Line($"{CountsText.Of(counts.AlreadyDone, "message")} removed from the error queue: their slices are completed or at work already");
        if (counts.Left > 0)
            console.Line($"{CountsText.Of(counts.Left, "message")} left in the error queue: not selected, or not settled");
        foreach (var (kind, count) in counts.Foreign)
            console.Line($"{CountsText.Of(count, "message")} left in the error queue, not for this run: {kind}");
    }

    private void WriteRefused(ReplayedRecords records)
    {
        foreach (var (_, (count, sample)) in records.Refused.OrderByDescending(c => c.Value.Count))
        {
            console.Line($"  {count:N0} × refused at stage {sample.Stage}: {sample.Message}");
            if (sample.RecordId is { } id)
                console.Line($"      for example _id {id}");
        }
    }
}
