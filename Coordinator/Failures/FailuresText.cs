using Migration.Contracts.Ledger;
using Migration.Coordinator.Planning;
using Migration.Coordinator.Tracking;
using Spectre.Console;

namespace Migration.Coordinator.Failures;

/// <summary>A <see cref="FailureListing"/> for people: what failed, why, and what to type next.</summary>
internal static class FailuresText
{
    private const int Indent = 4;
    private const int WidthOfPipe = 100;

    public static void Write(IAnsiConsole console, FailureListing listing)
    {
        console.WithRoom();
        var state = listing.Run.State;
        console.MarkupLineInterpolated($"Run [bold]{listing.Run.Name}[/]: {state.ToString().ToLowerInvariant()}");
        if (listing.IsEmpty)
        {
            var until = state is RunState.Completed or RunState.Incomplete ? "Nothing waits for you" : "Nothing failed so far";
            console.Line($"{until}: no record is in quarantine, no slice gave up, no collection is paused.");
            return;
        }

        WriteRecords(console, listing);
        WriteSlices(console, listing);
        WritePaused(console, listing.Paused);
        if (listing.Records.Total + listing.Slices.Total > 0)
            WriteAdvice(console, listing.Run.Name);
    }

    private static void WriteRecords(IAnsiConsole console, FailureListing listing)
    {
        var records = listing.Records;
        Title(console, records.Total == 0
            ? "No record is in quarantine."
            : $"{CountsText.Of(records.Total, "record")} in quarantine, by {Word(listing.By)}:");
        foreach (var group in records.Groups)
            WriteGroup(console, listing, group);
        WriteMore(console, records.More);
    }

    private static void WriteGroup(IAnsiConsole console, FailureListing listing, QuarantineGroup group)
    {
        Head(console, group.Count, FailureOrigin.Of(group, listing.By));
        if (FailureOrigin.MostFrequent(group, listing.By) is { } most)
            Detail(console, group.Causes > 1 ? $"{group.Causes:N0} causes; the most frequent: {most}" : most);
        Detail(console, group.Message);
        Detail(console, Times(group.FirstAt, group.LastAt));
        Detail(console, group.RecordId is { } id
            ? $"for example _id {Shorten(id, RoomOf(console))}, in slice {group.Slice}:"
            : $"for example a record of slice {group.Slice} whose _id cannot be read:");
        WriteDocument(console, group);
        WriteCommands(console, ReplayCommandLine.Of(listing.Run.Name, listing.By, group));
    }

    private static void WriteDocument(IAnsiConsole console, QuarantineGroup group)
    {
        var size = ByteText.Of(group.DocumentBytes);
        if (group.DocumentStart is not { } start)
        {
            Detail(console, $"[its {size} are no BSON document; they are in migration.quarantine, id {group.QuarantineId}]");
            return;
        }

        var shown = Shorten(start, 2 * RoomOf(console));
        Detail(console, shown);
        if (shown.Length < start.Length || start.Length == FailureLedger.PreviewLength)
            Detail(console, $"[{size}; the whole: --json, or migration.quarantine, id {group.QuarantineId}]");
    }

    private static void WriteSlices(IAnsiConsole console, FailureListing listing)
    {
        var slices = listing.Slices;
        Title(console, slices.Total == 0
            ? "No slice gave up."
            : $"{CountsText.Of(slices.Total, "slice")} that gave up, by {Word(listing.By is FailureGrouping.Column ? FailureGrouping.Cause : listing.By)}:");
        foreach (var group in slices.Groups)
        {
            Head(console, group.Count, FailureOrigin.Of(group, listing.By));
            if (group.Causes > 1)
                Detail(console, $"{CountsText.Of(group.Causes, "cause")}; the most frequent:");
            Detail(console, group.Error);
            Detail(console, Times(group.FirstAt, group.LastAt));
            Detail(console, $"{CountsText.Of(group.RecordsLeft, "record")} left to do; for example slice {group.Slice}, after {CountsText.Of(group.Attempts, "attempt")}");
            WriteCommands(console, ReplayCommandLine.Of(listing.Run.Name, listing.By, group));
        }

        WriteMore(console, slices.More);
    }

    private static void WritePaused(IAnsiConsole console, IReadOnlyList<PausedCollection> paused)
    {
        if (paused.Count == 0)
            return;
        Title(console, $"{CountsText.Of(paused.Count, "paused collection")}, whose slices no worker takes:");
        foreach (var collection in paused)
            console.Line($"  {collection.Collection}, since {RunReportText.Time(collection.PausedAt)} UTC: {collection.Reason}");
        console.Line("");
    }

    private static void WriteAdvice(IAnsiConsole console, string run)
        => console.Line(
            "Mend the cause first: the mapping, the table, the document's source or the server. Then the commands above put "
            + $"each group back to work; 'coordinator replay {run} --dry-run' says which records would now succeed.");

    private static void Title(IAnsiConsole console, string text)
    {
        console.Line("");
        console.Write(new Text(text + "\n\n", new Style(Color.Yellow)));
    }

    private static void Head(IAnsiConsole console, long count, string origin)
        => console.MarkupLineInterpolated($"  [bold]{count:N0} ×[/] {origin}");

    private static void Detail(IAnsiConsole console, string text)
        => console.Write(new Padder(new Text(text), new Padding(Indent, 0, 0, 0)));

    private static void WriteCommands(IAnsiConsole console, IEnumerable<string> commands)
    {
        foreach (var command in commands)
            Detail(console, $"> {command}");
        console.Line("");
    }

    private static void WriteMore(IAnsiConsole console, long more)
    {
        if (more > 0)
            console.Line($"  and {CountsText.Of(more, "smaller group")} more.\n");
    }

    private static string Times(DateTimeOffset first, DateTimeOffset last)
        => RunReportText.Time(first) == RunReportText.Time(last)
            ? $"at {RunReportText.Time(first)} UTC"
            : $"first at {RunReportText.Time(first)}, last at {RunReportText.Time(last)} UTC";

    private static string Word(FailureGrouping by) => by.ToString().ToLowerInvariant();

    private static int RoomOf(IAnsiConsole console)
        => Math.Max(20, (console.Profile.Out.IsTerminal ? console.Profile.Width : WidthOfPipe) - Indent);

    /// <summary>Never half of a surrogate pair: a terminal cannot show it.</summary>
    private static string Shorten(string text, int length)
        => text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1)] + "…";
}
