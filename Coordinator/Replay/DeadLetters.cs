using Migration.Contracts.Ledger;
using Migration.Worker;
using Migration.Worker.Consumers;
using Migration.Worker.Hosting;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Migration.Coordinator.Replay;

/// <summary>
/// The run's error queue. Messages are taken in batches and acknowledged only when there is nothing left for them to do;
/// all others, foreign ones among them, are held until the end and then left where they were.
/// </summary>
internal sealed class DeadLetters(string broker, RunRecord run, NpgsqlDataSource target)
{
    private const int BatchSize = 100;
    private const int QueueIsGone = 404;

    private readonly ReplayLedger _ledger = new(target);

    /// <summary>
    /// Puts the selected slices back: revived in the ledger, then sent with confirmation, and only then acknowledged. Whoever
    /// dies in between leaves the message here, and the next replay finds a slice that waits, sends it and acknowledges.
    /// </summary>
    /// <param name="most">Slices to revive at most.</param>
    /// <param name="publish">Returns once the broker has confirmed a message for each.</param>
    public Task<DeadLetterCounts> ReplayAsync(
        Guid replayId, FailureSelection selection, long most, Func<IReadOnlyCollection<PendingSlice>, Task> publish,
        CancellationToken cancellationToken)
        => DrainAsync(
            async (letters, counts) =>
            {
                var done = new List<DeadLetter>();
                foreach (var group in letters.GroupBy(letter => letter.Slice!.Id.Collection))
                {
                    if (selection.Collection is { } only && group.Key != only)
                        continue;
                    var (settled, waiting) = await SortAsync(group, selection, most - counts.Replayed, cancellationToken);
                    await _ledger.ReviveAsync(replayId, run.Id, group.Key, [.. waiting.Select(l => l.Slice!.Id.Number)], cancellationToken);
                    ProtocolPoint.Reached(ProtocolPoint.DeadLettersRevived, group.Key);
                    if (waiting.Count > 0)
                        await publish([.. waiting.Select(letter => letter.Slice!).DistinctBy(slice => slice.Id)]);
                    ProtocolPoint.Reached(ProtocolPoint.DeadLettersPublished, group.Key);
                    counts = counts with { Replayed = counts.Replayed + waiting.DistinctBy(letter => letter.Slice!.Id).Count(), AlreadyDone = counts.AlreadyDone + settled.Count };
                    done.AddRange([.. settled, .. waiting]);
                }

                return (done, counts);
            },
            cancellationToken);

    /// <summary>Acknowledges the messages of slices that have completed since: they say nothing any more.</summary>
    public Task<DeadLetterCounts> ClearCompletedAsync(CancellationToken cancellationToken)
        => DrainAsync(
            async (letters, counts) =>
            {
                var done = new List<DeadLetter>();
                foreach (var group in letters.GroupBy(letter => letter.Slice!.Id.Collection))
                {
                    var states = await StatesAsync(group, new FailureSelection(null, null), cancellationToken);
                    done.AddRange(group.Where(letter => states.GetValueOrDefault(letter.Slice!.Id.Number).State == SliceState.Completed));
                }

                return (done, counts with { AlreadyDone = counts.AlreadyDone + done.Count });
            },
            cancellationToken);

    /// <summary>
    /// Those whose slice has its outcome or is in somebody's hands, and those to be sent: given up for the selected cause, or
    /// revived by a replay that died before it had sent them.
    /// </summary>
    private async Task<(List<DeadLetter> Settled, List<DeadLetter> Waiting)> SortAsync(
        IEnumerable<DeadLetter> letters, FailureSelection selection, long most, CancellationToken cancellationToken)
    {
        var all = letters.ToList();
        var states = await StatesAsync(all, selection, cancellationToken);
        var known = all.Where(letter => states.ContainsKey(letter.Slice!.Id.Number)).ToList();
        var waiting = known.Where(letter => states[letter.Slice!.Id.Number] is (SliceState.Failed or SliceState.Planned, true))
            .Take((int)Math.Clamp(most, 0, int.MaxValue)).ToList();
        var settled = known.Where(letter => states[letter.Slice!.Id.Number].State is SliceState.Completed or SliceState.Queued or SliceState.Running);
        return ([.. settled], waiting);
    }

    private Task<IReadOnlyDictionary<int, (SliceState State, bool IsSelected)>> StatesAsync(
        IEnumerable<DeadLetter> letters, FailureSelection selection, CancellationToken cancellationToken)
    {
        var slices = letters.Select(letter => letter.Slice!.Id).ToList();
        return _ledger.StatesAsync(run.Id, slices[0].Collection, [.. slices.Select(slice => slice.Number)], selection, cancellationToken);
    }

    /// <param name="handle">Says which messages of a batch are done with, and counts.</param>
    private async Task<DeadLetterCounts> DrainAsync(
        Func<IReadOnlyList<DeadLetter>, DeadLetterCounts, Task<(List<DeadLetter> Done, DeadLetterCounts Counts)>> handle,
        CancellationToken cancellationToken)
    {
        // Closing the connection at the end is what puts back all that was not acknowledged.
        await using var connection = await BrokerProbe.Factory(broker).CreateConnectionAsync("migration replay", cancellationToken);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        var counts = DeadLetterCounts.None;
        var batch = new List<DeadLetter>();
        while (true)
        {
            var letter = await TakeAsync(channel, cancellationToken);
            if (letter is { Slice: null })
                counts = counts.WithForeign(letter.Kind);
            else if (letter is not null)
                batch.Add(letter);
            if (batch.Count == BatchSize || letter is null && batch.Count > 0)
            {
                (var done, counts) = await handle(batch, counts);
                foreach (var settled in done)
                    await channel.BasicAckAsync(settled.Tag, multiple: false, cancellationToken);
                counts = counts with { Left = counts.Left + batch.Count - done.Count };
                batch.Clear();
            }

            if (letter is null)
                return counts;
        }
    }

    /// <summary>Null when there is no further message, or no such queue.</summary>
    private async Task<DeadLetter?> TakeAsync(IChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            return await channel.BasicGetAsync(RunTopology.Errors(run), autoAck: false, cancellationToken) is { } delivery
                ? DeadLetter.Read(delivery, run.Id)
                : null;
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode == QueueIsGone)
        {
            return null;
        }
    }
}
