using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker;
using Spectre.Console;

namespace Migration.Coordinator.Planning;

/// <summary>
/// Cuts the run's collections: measures a sample, sizes the slices by it, walks the keys once, proves that the slices
/// cover them, and writes the plan of a collection in one transaction.
/// </summary>
internal sealed class SlicePlanner(PlanLedger ledger, RunRecord run, MigrationFile file, int workers, IAnsiConsole console)
{
    public async Task PlanAsync(CancellationToken cancellationToken)
    {
        foreach (var collection in await ledger.ListAsync(run.Id, cancellationToken))
        {
            if (!collection.IsPlanned)
                await PlanAsync(collection.Name, cancellationToken);
        }
    }

    /// <exception cref="UserException">The walk and the count differ: nothing is started.</exception>
    internal static void CheckWalk(string source, long walked, long counted)
    {
        if (walked != counted)
        {
            throw new UserException(
                $"{source}: {walked:N0} keys were walked, and the server counts {counted:N0} records. Either it is being written to, "
                + "which 'live: true' under 'source' allows, or its index on _id does not hold every record; nothing is started.");
        }
    }

    private async Task PlanAsync(string collection, CancellationToken cancellationToken)
    {
        await using var pipeline = await CollectionPipeline.OpenAsync(file, collection, cancellationToken);
        var survey = await CollectionSurvey.TakeAsync(pipeline, file, cancellationToken);
        foreach (var warning in survey.Warnings)
            console.MarkupLineInterpolated($"[yellow]warning[/] {warning}");

        var records = SliceSize.Records(file.Slices, survey.SecondsForSlices, survey.EstimatedRecords, workers * file.Worker.Slices);
        var slices = new List<SlicePlan>();
        long keys = 0;
        await foreach (var slice in pipeline.Source.CutAsync(records, cancellationToken))
        {
            slices.Add(new SlicePlan(slice.Offset, slice.Limit, slice.Range));
            keys += slice.Limit;
        }

        ProtocolPoint.Reached(ProtocolPoint.CollectionWalked, collection);

        // The slices cover what was walked; that the walk saw everything, the server is asked in another way.
        if (file.Source is { IsServer: true, Live: false })
            CheckWalk(pipeline.Source.Description, keys, await pipeline.Source.CountAsync(cancellationToken));
        await ledger.AddSlicesAsync(run.Id, collection, slices, keys, survey.SecondsForSlices, cancellationToken);
        ProtocolPoint.Reached(ProtocolPoint.CollectionPlanned, collection);
        console.MarkupLineInterpolated(
            $"[bold]{collection}[/]: {keys:N0} records in {slices.Count:N0} slices of at most {records:N0}, from {pipeline.Source.Description}");
    }
}
