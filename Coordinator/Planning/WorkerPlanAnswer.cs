namespace Migration.Coordinator.Planning;

/// <summary>The answer to <c>plan</c> without a file, as <c>--json</c> prints it.</summary>
/// <param name="SequentialSeconds">One worker, one record after the other.</param>
/// <param name="ByWindow">For the asked for hours and records in flight; for 1, 5, 12 and 24 hours where none are asked for.</param>
/// <param name="ByRecordsInFlight">For the asked for hours with 1, 8, 16, 64 and the asked for records in flight; else empty.</param>
internal sealed record WorkerPlanAnswer(
    long Records, decimal SecondsPerRecord, decimal? Hours, int RecordsInFlight, decimal SequentialSeconds,
    IReadOnlyList<WorkerPlan> ByWindow, IReadOnlyList<WorkerPlan> ByRecordsInFlight)
{
    public static WorkerPlanAnswer To(WorkerPlanQuestion question) => new(
        question.Records, question.SecondsPerRecord, question.Hours, question.RecordsInFlight, question.SequentialSeconds,
        question.ByWindow(), question.ByFlight());
}
