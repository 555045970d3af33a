using Migration.Contracts.Migrations;

namespace Migration.Coordinator.Planning;

/// <summary>What a collection's enrichment takes of time, as far as that can be known before a run.</summary>
/// <param name="SecondsPerRecord">Of a record's way through the steps, the waiting included; those that are not known left out.</param>
/// <param name="SecondsOfWorker">
/// What a worker needs for a record at least, with as many in flight as it may have: the seconds of a record by their number,
/// or by what a step's <c>maxConcurrent</c> and <c>maxPerSecond</c> allow where that is slower.
/// </param>
/// <param name="SecondsForSlices">The same with <see cref="Assumed"/> seconds for each step that is not known: what slices are sized by.</param>
/// <param name="Sources">Where the figure comes from, step by step.</param>
/// <param name="Warnings">Sentences for the user.</param>
internal sealed record EnrichmentSurvey(
    double SecondsPerRecord, double SecondsOfWorker, double SecondsForSlices, int InFlight, IReadOnlyList<string> Sources,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Slices of work that is slower than assumed are cut by their time, and those of faster work are more than need be.</summary>
    public const double Assumed = 1;

    /// <param name="steps">Each with its seconds, null for one that is not known.</param>
    /// <param name="inFlight">Records that a worker has in flight at a time.</param>
    public static EnrichmentSurvey Of(
        IReadOnlyList<(EnrichmentStep Step, double? Seconds)> steps, int inFlight, IReadOnlyList<string> sources, IReadOnlyList<string> warnings)
        => new(
            steps.Sum(step => step.Seconds ?? 0), OfWorker(steps, inFlight, 0), OfWorker(steps, inFlight, Assumed), inFlight, sources, warnings);

    private static double OfWorker(IReadOnlyList<(EnrichmentStep Step, double? Seconds)> steps, int inFlight, double assumed)
        => steps.Select(step => OfHost(step.Step, step.Seconds ?? assumed))
            .Append(steps.Sum(step => step.Seconds ?? assumed) / inFlight).Max();

    /// <summary>By the limits of the one host that a step calls. Links lead to any number of hosts.</summary>
    private static double OfHost(EnrichmentStep step, double seconds) => step is not HttpStep http ? 0 : Math.Max(
        http.Calls.MaxPerSecond is { } perSecond ? 1.0 / perSecond / (http.Batch ?? 1) : 0,
        http.Calls.MaxConcurrent is { } atATime ? seconds / atATime / (http.Batch ?? 1) : 0);
}
