using Migration.Contracts.Ledger;
using Npgsql;

namespace Migration.Worker.HandSlices;

/// <summary>
/// Finds the slices of a window in the run's plan. The first who comes plans the collection, in slices of the size that
/// it was asked for; whoever comes at the same time waits for that, so that many started at once share one plan and one
/// walk over the keys.
/// </summary>
internal sealed class HandPlan(NpgsqlDataSource target, RunContext context)
{
    private readonly PlanLedger _plan = new(target);

    /// <exception cref="UserException">The plan's slices begin and end elsewhere.</exception>
    public async Task<List<PendingSlice>> FindAsync(
        string collection, SliceWindow window, CancellationToken cancellationToken)
    {
        await PlanOnceAsync(collection, window, cancellationToken);
        var mapping = context.File.Collections.Single(c => c.Name == collection);
        await context.Pauses.SetLimitAsync(
            context.Run.Id, collection, context.File.MaxQuarantinedOf(mapping), cancellationToken);

        // Many of these may be at work side by side; only a raised limit or a replay lets them go on, not one more of them.
        await context.Pauses.ResumeAsync(context.Run.Id, onlyWithinLimit: true, cancellationToken);
        var slices = await _plan.ListWindowAsync(
            context.Run.Id, collection, window.Offset, window.Limit, cancellationToken);
        if (slices is [var first, ..] && slices[^1] is var last
            && (first.Offset < window.Offset || last.Offset + last.Limit > window.Offset + window.Limit))
        {
            throw new UserException(
                $"{collection}: the run's plan has no slices that fill offset {window.Offset}, limit {window.Limit} exactly; "
                + $"the nearest is offset {first.Offset}, limit {last.Offset + last.Limit - first.Offset}. Ask for that, or "
                + "start another run with --name.");
        }

        return slices;
    }

    private async Task PlanOnceAsync(string collection, SliceWindow window, CancellationToken cancellationToken)
    {
        if (await IsPlannedAsync(collection, cancellationToken))
            return;

        await using var planning = await PlanningLock.WaitAsync(target, context.Run.Id, collection, cancellationToken);
        if (await IsPlannedAsync(collection, cancellationToken))
            return;

        var source = await context.SourceAsync(collection, cancellationToken);
        var slices = new List<SlicePlan>();
        await foreach (var slice in source.CutAsync((int)window.Limit, window.Offset % window.Limit, cancellationToken))
            slices.Add(new SlicePlan(slice.Offset, slice.Limit, slice.Range));
        await _plan.AddSlicesAsync(
            context.Run.Id, collection, slices, slices.Sum(slice => slice.Limit), null, cancellationToken);
    }

    private async Task<bool> IsPlannedAsync(string collection, CancellationToken cancellationToken)
        => (await _plan.ListAsync(context.Run.Id, cancellationToken)).Single(c => c.Name == collection).IsPlanned;
}
