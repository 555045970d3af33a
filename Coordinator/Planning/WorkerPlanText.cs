using Spectre.Console;

namespace Migration.Coordinator.Planning;

/// <summary>The answer to <c>plan</c> without a file, for people.</summary>
internal static class WorkerPlanText
{
    public static void Write(IAnsiConsole console, WorkerPlanQuestion question)
    {
        var windows = question.ByWindow();
        if (question.Hours is null)
            console.Line($"{question.Records:N0} records at {DurationText.Long(question.SecondsPerRecord)} each:");
        else
            WriteAnswer(console, question, windows[0]);
        if (question.Hours is null)
            WriteTable(console, "hours", windows, plan => $"{plan.Hours:0.##}");
        console.Line(
            $"One worker alone, one record after the other: {DurationText.Long(question.SequentialSeconds)} "
            + $"({question.Records:N0} × {DurationText.Long(question.SecondsPerRecord)}).");
        if (question.Hours is { } hours)
        {
            console.Line("");
            console.Line($"With more records in flight in each worker, in the same {Count(hours, "hour")}:");
            WriteTable(console, "in flight", question.ByFlight(), plan => $"{plan.RecordsInFlight:N0}");
            console.Line(
                "Records in flight pay while a record waits for others (HTTP calls, a slow source). What keeps a processor\n"
                + "busy is not sped up beyond a worker's cores.");
        }
        else if (question.RecordsInFlight > 1)
        {
            console.Line($"Each worker has {question.RecordsInFlight:N0} records in flight.");
        }
    }

    private static void WriteAnswer(IAnsiConsole console, WorkerPlanQuestion question, WorkerPlan plan)
    {
        console.MarkupLineInterpolated(
            $"[bold]{Count(plan.Workers, "worker")} of at most {Count(plan.RecordsPerWorker, "record")}[/]");
        var flight = plan.RecordsInFlight == 1 ? "" : $", {plan.RecordsInFlight:N0} in flight";
        console.Line($"A worker does that many in {Count(plan.Hours, "hour")}{flight}. {Check(question, plan)}");
    }

    /// <summary>The proof: covered by this many, and not by one fewer.</summary>
    private static string Check(WorkerPlanQuestion question, WorkerPlan plan)
        => $"Check: {plan.Workers:N0} × {plan.RecordsPerWorker:N0} = {plan.Covered:N0} ≥ {question.Records:N0}; one worker fewer "
            + $"would do {plan.Covered - plan.RecordsPerWorker:N0}.";

    private static void WriteTable(
        IAnsiConsole console, string title, IReadOnlyList<WorkerPlan> plans, Func<WorkerPlan, string> first)
    {
        var table = PlainTable.Create([], [title, "workers", "records each at most"]);
        foreach (var plan in plans)
            table.AddRow(first(plan), $"{plan.Workers:N0}", $"{plan.RecordsPerWorker:N0}");
        console.Write(table);
    }

    private static string Count(decimal number, string what) => $"{number:#,0.####} {what}{(number == 1 ? "" : "s")}";
}
