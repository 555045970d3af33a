using Migration.Contracts.Migrations;
using Migration.Worker.Suspects;
using Migration.Worker.Targets;

namespace Migration.Worker.Enrichment;

/// <summary>
/// Sends mapped rows through the steps of a collection's enrichment, each by itself or, where a step takes many at a time,
/// in groups: as many at a time as the worker has slots. Slices share it.
/// </summary>
internal sealed class RowEnrichment(CollectionMapping mapping, IReadOnlyList<IRowStep> steps, RecordSlots slots, TimeProvider time)
    : IDisposable
{
    private readonly EnrichedColumns _columns = new(mapping);

    /// <summary>Rows of a group; a step that takes more gets less, for all that are in flight have a slot.</summary>
    public int GroupSize { get; } = Math.Min(steps.Max(step => step.Batch), slots.Count);

    public RecordSlots Slots { get; } = slots;

    /// <returns>Null where the collection has no steps.</returns>
    /// <exception cref="UserException">A step cannot be set up in this process.</exception>
    public static async Task<RowEnrichment?> OpenAsync(
        CollectionMapping mapping, RecordSlots slots, EnrichmentServices services, CancellationToken cancellationToken)
    {
        if (mapping.Enrichment.Count == 0)
            return null;
        var steps = new List<IRowStep>();
        try
        {
            foreach (var step in mapping.Enrichment)
                steps.Add(await StepOpener.OpenAsync(step, slots.Count, services, cancellationToken));
            return new RowEnrichment(mapping, steps, slots, services.Time);
        }
        catch
        {
            steps.ForEach(step => step.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Starts with the rows in their order, each group as soon as it has its slots; returns when all are under way.
    /// </summary>
    /// <param name="rows">Stays as it is until every task has ended.</param>
    /// <param name="children">The rows in tables of children, and so do they; null where the collection has none.</param>
    /// <param name="line">Of the slice, from <see cref="RecordSlots.JoinLine"/>.</param>
    /// <param name="started">Takes the groups' tasks as they start; a failed one is what no record is to blame for.</param>
    /// <param name="taking">Ends the starting of further ones.</param>
    public async Task StartAsync(
        RowBuffer rows, ChildRows? children, int line, ICollection<Task<EnrichedGroup>> started, Pulse pulse, CancellationToken taking,
        CancellationToken cancellationToken)
    {
        for (var first = 0; first < rows.Count; first += GroupSize)
        {
            var count = Math.Min(GroupSize, rows.Count - first);
            var group = new EnrichedRecord[count];
            for (var i = 0; i < count; i++)
                group[i] = new EnrichedRecord(_columns, rows.Row(first + i), children is null ? null : new EnrichedElements(children, first + i));

            // Slots that others have are no standstill of this slice.
            using (pulse.Pause())
                await Slots.EnterAsync(count, line, taking);
            started.Add(EnrichAsync(group, pulse, cancellationToken));
        }
    }

    /// <summary>All rows at once, to their end; for who writes nothing meanwhile.</summary>
    /// <exception cref="UserException">What a step needs cannot be used at all.</exception>
    public async Task<IReadOnlyList<EnrichedRecord>> EnrichAllAsync(RowBuffer rows, ChildRows? children, CancellationToken cancellationToken)
    {
        using var work = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var groups = new List<Task<EnrichedGroup>>();
        try
        {
            await StartAsync(rows, children, Slots.JoinLine(), groups, new Pulse(), work.Token, work.Token);
            await foreach (var group in Task.WhenEach(groups).WithCancellation(cancellationToken))
                await group;
            return [.. groups.SelectMany(group => group.Result.Records)];
        }
        finally
        {
            // The rows' memory is the caller's again.
            await work.CancelAsync();
            await Task.WhenAny(Task.WhenAll(groups));
        }
    }

    public void Dispose()
    {
        foreach (var step in steps)
            step.Dispose();
    }

    private async Task<EnrichedGroup> EnrichAsync(EnrichedRecord[] group, Pulse pulse, CancellationToken cancellationToken)
    {
        // Every wait of a step has an end of its own, or is for a host that asked for it.
        using var waiting = pulse.Pause();
        var started = time.GetTimestamp();
        try
        {
            await Task.Yield();
            foreach (var step in steps)
            {
                var left = group.Where(record => record.Rejection is null).ToList();
                await Task.WhenAll(left.Chunk(step.Batch).Select(records => EnrichAsync(step, records, cancellationToken)));
            }

            return new EnrichedGroup(group, time.GetElapsedTime(started).TotalSeconds);
        }
        finally
        {
            Slots.Leave(group.Length);
        }
    }

    /// <summary>A step that throws has a fault, and still it is these records' bad luck and not their slice's.</summary>
    private static async Task EnrichAsync(IRowStep step, IReadOnlyList<EnrichedRecord> records, CancellationToken cancellationToken)
    {
        try
        {
            await step.EnrichAsync(records, cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or UserException or OutOfMemoryException))
        {
            foreach (var record in records)
                record.Refuse(null, null, $"enrichment broke on this record, which is a fault of the program: {TransientRetry.FirstLine(e)} ({e.GetType().Name}).", e.GetType().FullName);
        }
    }
}
