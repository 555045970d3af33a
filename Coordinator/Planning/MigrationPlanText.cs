using Spectre.Console;

namespace Migration.Coordinator.Planning;

/// <summary>A <see cref="MigrationPlan"/> for people: what is measured, what is estimated, what is in the way.</summary>
internal static class MigrationPlanText
{
    public static void Write(IAnsiConsole console, MigrationPlan plan)
    {
        console.MarkupLineInterpolated($"Plan of [bold]{plan.Name}[/]: {plan.Source} to {plan.Target}. Nothing was created.");
        if (plan.Collections.Count > 0)
            WriteCollections(console, plan);
        if (plan.TargetState is { } target)
            WriteTarget(console, plan, target);
        if (plan.Cluster is { } cluster)
            ClusterSurveyText.Write(console, cluster);
        foreach (var warning in plan.Collections.SelectMany(collection => collection.Warnings))
            console.MarkupLineInterpolated($"[yellow]warning[/] {warning}");
        foreach (var problem in plan.Problems)
            console.MarkupLineInterpolated($"[red]problem[/] {problem}");
        if (plan.Problems.Count > 0)
            console.Line($"A run would be refused: {(plan.Problems.Count == 1 ? "1 problem" : $"{plan.Problems.Count} problems")}.");
    }

    private static void WriteCollections(IAnsiConsole console, MigrationPlan plan)
    {
        var table = PlainTable.Create(["collection"], ["records ~", "size ~", "slices ~", "records a slice", "a record"]);
        foreach (var c in plan.Collections)
        {
            table.AddRow(
                new Text(c.Name), new Text($"{c.Records:N0}"), new Text(ByteText.Of(c.Bytes)), new Text($"{c.Slices:N0}"),
                new Text($"{c.RecordsPerSlice:N0}"), new Text(c.SampledRecords == 0 ? "-" : DurationText.Long(c.SecondsPerRecord)));
        }

        console.Write(table);
        console.Line(
            $"~ is estimated: the count comes from the source's statistics or the file's size; size and slices follow from it. The time of a record is "
            + $"measured, the median of {Samples(plan)} mapped here; reading, enriching and writing are not in it.");
        foreach (var c in plan.Collections)
            WriteEnrichment(console, c);
        if (plan.Collections.Where(c => c.Filtered).Select(c => c.Name).ToList() is { Count: > 0 } filtered)
            console.Line($"The estimate does not know the filter of {string.Join(", ", filtered)}: there will be fewer.");
        WriteTime(console, plan);
    }

    private static void WriteEnrichment(IAnsiConsole console, CollectionPlan collection)
    {
        if (collection.Enrichment is not { SecondsOfWorker: > 0 } enrichment)
            return;
        console.Line(
            $"{collection.Name}: a record is {DurationText.Long(enrichment.SecondsPerRecord)} in enrichment ({string.Join("; ", enrichment.Sources)}); "
            + $"{1 / enrichment.SecondsOfWorker:#,0.##} records a second for a worker with {enrichment.InFlight:N0} in flight.");
    }

    private static string Samples(MigrationPlan plan)
        => string.Join(", ", plan.Collections.Select(c => $"{c.SampledRecords:N0} of {c.Name}"));

    private static void WriteTime(IAnsiConsole console, MigrationPlan plan)
    {
        console.MarkupLineInterpolated(
            $"With {Count(plan.Workers, "worker")} of {Count(plan.SlicesPerWorker, "slice")} at a time{Cap(plan)}: [bold]at least {DurationText.Long(plan.SecondsWithWorkers)}[/] for {plan.Records:N0} records.");
        if (plan is { Hours: { } hours, WorkersForHours: { } needed })
            console.MarkupLineInterpolated($"For {hours:#,0.##} hour{(hours == 1 ? "" : "s")}: [bold]at least {Count(needed, "worker")}[/].");
        console.Line(
            "Both are lower bounds. Where nothing waits for others, reading and writing are most of the time, and slices share "
            + "a worker's cores: try a small collection to know.");
    }

    private static string Cap(MigrationPlan plan)
        => plan.MaxRecordsPerSecond is { } cap ? $", each reading {Count(cap, "record")} a second at most" : "";

    private static void WriteTarget(IAnsiConsole console, MigrationPlan plan, TargetSurvey target)
    {
        console.Line("");
        console.Line(
            $"Target: PostgreSQL {target.Version}, reachable; {target.FreeConnections:N0} of {target.MaxConnections:N0} connections free, "
            + $"the run would use about {plan.Connections:N0}. Its workers may hold {plan.ConnectionLimit:N0} together.");
        foreach (var table in target.Tables)
            console.Line($"  {table.Table}: {State(table)}");
        WriteBuilds(console, target, plan.BuildsAtATime);
        WriteConnections(console, plan, target);
    }

    public static void WriteBuilds(IAnsiConsole console, TargetSurvey target, int atATime)
    {
        if (target.Builds.Count == 0)
            return;
        console.Line($"After the load, {atATime} at a time:");
        foreach (var build in target.Builds)
            console.Line($"  {build}");
    }

    /// <summary>Too few connections are no reason to refuse a run: it takes longer.</summary>
    private static void WriteConnections(IAnsiConsole console, MigrationPlan plan, TargetSurvey target)
    {
        if (plan.WorkersAtATime < plan.Workers)
        {
            console.MarkupLineInterpolated(
                $"[yellow]warning[/] {Count(plan.WorkersAtATime, "worker")} of {plan.Workers:N0} can work at a time, with {plan.ConnectionsPerWorker} connections each; the other {plan.Workers - plan.WorkersAtATime:N0} wait, alive and not ready, and take the place of one that leaves. For more at a time raise max_connections, or 'maxConnections' under 'target'.");
        }

        if (plan.ConnectionsPerWorker <= plan.SlicesPerWorker)
        {
            console.MarkupLineInterpolated(
                $"[yellow]warning[/] each worker then has {Count(plan.ConnectionsPerWorker - 1, "slice")} in hand at a time, and not {plan.SlicesPerWorker}.");
        }

        if (plan.Connections > target.FreeConnections)
        {
            console.MarkupLineInterpolated(
                $"[yellow]warning[/] that is more than are free: others may be refused. Lower 'maxConnections' under 'target', or raise max_connections.");
        }
    }

    private static string State(TargetTablePlan table) => table switch
    {
        { Exists: false } => "would be created",
        { HasRows: true } => "is there and holds rows; records whose key is among them follow 'onConflict'",
        _ => "is there",
    };

    private static string Count(long number, string what) => $"{number:N0} {what}{(number == 1 ? "" : "s")}";
}
