using Migration.Coordinator.Planning;
using Migration.Coordinator.Tracking;
using Spectre.Console;

namespace Migration.Coordinator.Checking;

/// <summary>A <see cref="FileCheck"/> for people: collection by collection what would not arrive and why, then what is in the way.</summary>
internal static class FileCheckText
{
    public static void Write(IAnsiConsole console, FileCheck check)
    {
        console.MarkupLineInterpolated($"Check of [bold]{check.Name}[/]: {check.Source} to {check.Target}. Nothing was created or written.");
        foreach (var collection in check.Collections)
            WriteCollection(console, collection);
        if (check.TargetState is { } target)
            WriteTarget(console, target, check.BuildsAtATime);
        foreach (var problem in check.Problems)
            console.MarkupLineInterpolated($"[red]problem[/] {problem}");
        console.Line("");
        console.Line(Verdict(check));
    }

    private static void WriteCollection(IAnsiConsole console, CollectionPrediction collection)
    {
        console.Line("");
        var tried = collection.IsEstimate
            ? $"{collection.Tried:N0} of {CountsText.Of(collection.Records, "record")} tried, spread over all keys"
            : $"all {CountsText.Of(collection.Records, "record")} tried";
        console.MarkupLineInterpolated($"[bold]{collection.Name}[/] to {collection.Table}: {tried}; {Rejected(collection)}");
        foreach (var reject in collection.Rejects)
            WriteReject(console, collection, reject);
        if (collection.WouldPause)
            console.MarkupLineInterpolated($"  [red]It would pause[/]: maxQuarantined allows {collection.MaxQuarantined:N0}.");
        foreach (var warning in collection.Warnings)
            console.MarkupLineInterpolated($"  [yellow]warning[/] {warning}");
    }

    private static string Rejected(CollectionPrediction collection)
    {
        if (collection.Rejected == 0)
            return collection.IsEstimate ? "none of these would be quarantined" : "none would be quarantined";
        return $"{About(collection)}{collection.Rejected:N0} would be quarantined ({100.0 * collection.Rejected / Math.Max(1, collection.Records):0.###}%)";
    }

    private static void WriteReject(IAnsiConsole console, CollectionPrediction collection, PredictedRejects reject)
    {
        var where = reject.Column is { } column ? $"column '{column}'" : $"stage {reject.Stage}";
        var seen = collection.IsEstimate ? $" ({reject.Seen:N0} in the sample)" : "";
        console.MarkupLineInterpolated($"  [bold]{About(collection)}{reject.Records:N0} ×[/] {where}{seen}");
        console.Write(new Padder(new Text(reject.Message), new Padding(4, 0, 0, 0)));
        console.Write(new Padder(
            new Text(reject.ExampleId is { } id ? $"for example _id {id}" : "for example a record whose _id cannot be read"), new Padding(4, 0, 0, 0)));
    }

    private static string About(CollectionPrediction collection) => collection.IsEstimate ? "about " : "";

    private static void WriteTarget(IAnsiConsole console, TargetSurvey target, int buildsAtATime)
    {
        console.Line("");
        console.Line($"Target: PostgreSQL {target.Version}, reachable.");
        foreach (var table in target.Tables)
            console.Line($"  {table.Table}: {State(table)}");
        MigrationPlanText.WriteBuilds(console, target, buildsAtATime);
    }

    private static string State(TargetTablePlan table) => table switch
    {
        { Exists: false } => "would be created",
        { HasRows: true } => "is there and holds rows; records whose key is among them follow 'onConflict', which is not reckoned in",
        _ => "is there",
    };

    private static string Verdict(FileCheck check)
    {
        if (check.Problems.Count > 0)
            return $"A run would be refused: {CountsText.Of(check.Problems.Count, "problem")}.";
        var estimate = check.Collections.Any(collection => collection.IsEstimate)
            ? " From a sample: --full tries every record and compares all primary keys." : "";
        var pauses = check.Collections.Where(collection => collection.WouldPause).Select(collection => collection.Name).ToList();
        if (pauses.Count > 0)
            return $"A run would pause {string.Join(", ", pauses)} and end incomplete.{estimate}";
        return (check.Rejected == 0
            ? "Nothing is in the way of a run."
            : "A run would go through, with these records in quarantine.") + estimate
            + " What the table's own constraints and triggers refuse shows only when rows are written.";
    }
}
