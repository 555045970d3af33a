using MassTransit;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
using Migration.Worker.Hosting;
using Migration.Worker.Suspects;

namespace Migration.Worker.Consumers;

/// <summary>
/// Takes several small slices by one message. What goes well is shared: the claim, the COPYs, the commits, the news. What does
/// not is each slice's own: it is tried by itself here, or goes back to the queue by a message of its own.
/// </summary>
/// <remarks>
/// <para>The message is acknowledged when the ledger knows the outcome of each slice, or the broker has confirmed a message for
/// it. It never ends in the error queue: a slice that fails here has its last attempt by its own message.</para>
/// <para>A suspect, which must be the only thing in hand, is not tried here at all.</para>
/// <para>An instance consumes one message and is then gone.</para>
/// </remarks>
internal sealed class MigrateSlicesConsumer(
    RunContext run, WorkerIdentity worker, SlicesInHand inHand, DrainSignal drain, WorkRefusal refusal, TimeProvider time,
    ILogger<MigrateSlicesConsumer> logger)
    : IConsumer<MigrateSlices>
{
    private readonly long _begun = time.GetTimestamp();
    private readonly SortedDictionary<int, SlicesInHand.Hold> _holds = [];

    /// <summary>Claimed, and not begun, or to go on.</summary>
    private readonly Queue<SliceClaim> _waiting = new();

    /// <summary>Claimed, and for a message of their own.</summary>
    private readonly List<SliceClaim> _apart = [];

    private ConsumeContext<MigrateSlices> _context = null!;
    private SlicesNews _news = null!;
    private string _name = "";

    /// <summary>Nothing that was shared has gone wrong.</summary>
    private bool _mayShare = true;

    /// <summary>The transport's, and the run's end.</summary>
    private CancellationToken _end;

    /// <summary>Whole seconds of the message's budget that are left; the time that it waited for its turn counts.</summary>
    private int Budget => Math.Max(1, run.File.Worker.SliceBudgetSeconds - (int)time.GetElapsedTime(_begun).TotalSeconds);

    private bool IsStopping => inHand.Gate.IsAloneWanted || drain.Token.IsCancellationRequested || refusal.Reason is not null;

    public async Task Consume(ConsumeContext<MigrateSlices> context)
    {
        // In memory, stopping the endpoint goes through all that waits; what is left alone stands in the ledger as waiting.
        if (!run.UsesBroker && drain.Token.IsCancellationRequested)
            return;

        var message = context.Message;
        using var scope = logger.SliceScope(message.Run, message.Collection, message.First);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, run.Completed);
        (_context, _end, _news) = (context, end.Token, new SlicesNews(context, run, worker, time, logger));
        _name = $"{message.Collection}, slices {message.First} to {message.First + message.Count - 1}";
        TakeUp();
        try
        {
            if (_holds.Count > 0)
                await ClaimAndMigrateAsync();
        }
        catch (Exception e) when (run.Completed.IsCancellationRequested)
        {
            logger.AttemptNotNeeded(_name);
            if (e is SliceHungException { IsDeaf: true } hung)
                RefuseDeaf(hung);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            // The queue is gone, or this worker's part in it.
            foreach (var number in _holds.Keys)
                await Delivery(new PendingSlice(Id(number), 0, 0)).LetGoAsync();
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Neither done nor noted: the ledger was away for minutes, or refuses this worker.
            refusal.Refuse(e);
            throw new MessageGoesBackException($"{_name}: their worker ends.", e);
        }
        finally
        {
            foreach (var hold in _holds.Values)
                hold.Dispose();
        }
    }

    private async Task ClaimAndMigrateAsync()
    {
        using var place = await inHand.Gate.EnterAsync(alone: false, _end);
        bool isPaused;
        try
        {
            await ClaimAsync();
            isPaused = await MigrateAsync();
        }
        catch (Exception) when (!run.Completed.IsCancellationRequested)
        {
            // The message goes back: whoever gets it need not wait for this worker's end.
            await HandBackAsync(CancellationToken.None);
            throw;
        }

        await ReturnAsync(isPaused, _end);
    }

    /// <summary>Those that are not in hand here already.</summary>
    private void TakeUp()
    {
        var message = _context.Message;
        for (var number = message.First; number < message.First + message.Count; number++)
        {
            if (inHand.TryTake(Id(number), _context.ReceiveContext.Redelivered) is { } hold)
                _holds.Add(number, hold);
            else
                logger.OwnedByAnother(Id(number).ToString(), "this worker");
        }
    }

    private async Task ClaimAsync()
    {
        List<SliceId> ids = [.. _holds.Keys.Select(Id)];
        var claims = await RetryAsync(
            $"Claiming {_name}",
            token => run.Ledger.ClaimAllAsync(ids, _context.MessageId, _context.ReceiveContext.Redelivered, token));
        foreach (var claim in claims.OfType<SliceClaim>())
        {
            if (claim.IsSuspect)
                _apart.Add(claim);
            else
                Wait(claim);
        }

        foreach (var (id, _) in ids.Zip(claims).Where(pair => pair.Second is null))
        {
            var outcome = await RetryAsync($"Asking for {id}", token => run.Ledger.ExplainAsync(id, token));
            await Delivery(new PendingSlice(id, 0, 0)).EndUnclaimedAsync(outcome);
        }

        void Wait(SliceClaim claim)
        {
            _waiting.Enqueue(claim);
            logger.Claimed(claim.Id.ToString(), claim.Claim, claim.Attempts);
            ProtocolPoint.Reached(ProtocolPoint.SliceClaimed, claim.Id.ToString());
        }
    }

    /// <returns>True when the collection is paused, and whoever lets it go on sends messages for what is left.</returns>
    private async Task<bool> MigrateAsync()
    {
        for (var isFirst = true; _waiting.TryPeek(out var next) && !IsStopping && (isFirst || Budget > 1); isFirst = false)
        {
            // One that has failed before tells of its fault by itself, and takes no other with it.
            var attempt = _mayShare && next.StalledAttempts <= 1 ? await ShareAsync() : null;
            var isPaused = attempt is { MayStream: true } ? await StreamAsync(attempt) : await MigrateNextAsync();
            if (isPaused)
                return true;
        }

        return false;
    }

    /// <returns>Null where the collection cannot be opened: the slice that is tried by itself has the reason.</returns>
    private async Task<SharedAttempt?> ShareAsync()
    {
        try
        {
            return await run.SharedAttemptAsync(_context.Message.Collection, Budget, _end);
        }
        catch (Exception) when (!_end.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<bool> MigrateNextAsync()
    {
        var claim = _waiting.Dequeue();
        using var scope = logger.SliceScope(run.Run.Name, claim.Id.Collection, claim.Id.Number);
        return await Delivery(Pending(claim)).MigrateAsync(claim, Budget) is SliceEnd.Paused or { Claim.IsPaused: true };
    }

    /// <summary>Those up to the first that has failed before.</summary>
    private async Task<bool> StreamAsync(SharedAttempt attempt)
    {
        List<SliceClaim> together = [.. _waiting.TakeWhile(claim => claim.StalledAttempts <= 1)];
        List<SliceClaim> others = [.. _waiting.Skip(together.Count)];
        try
        {
            await attempt.MakeAsync(together, _news.Completed, drain.Token, _end);
            WaitFor(attempt.Left, others);
        }
        catch (SliceHungException e) when (e.IsDeaf)
        {
            WaitFor(attempt.Left, others);
            _mayShare = false;
            RefuseDeaf(e);
        }
        catch (Exception e) when (!_end.IsCancellationRequested)
        {
            (_mayShare, var left) = (false, attempt.Left);
            WaitFor(left, others);
            logger.TriedApart(_name, left.Count, TransientRetry.FirstLine(e));
            await AskAsync(attempt, left.Count);
        }
        catch (Exception e)
        {
            WaitFor(attempt.Left, others);
            throw new OperationCanceledException(e.Message, e, _end);
        }

        return attempt.IsPaused;
    }

    /// <summary>Only the process's end frees the thread. What is left goes back by a connection that it cannot be sitting on.</summary>
    private void RefuseDeaf(SliceHungException hung)
        => refusal.Refuse(new UserException(ExitCode.Hung, $"{_name}: {TransientRetry.FirstLine(hung)}. This worker ends; another one takes its place."));

    /// <summary>How far each of the first is, the ledger knows.</summary>
    private async Task AskAsync(SharedAttempt attempt, int count)
    {
        List<SliceClaim> others = [.. _waiting.Skip(count)];
        var going = new List<SliceClaim>();
        for (; count > 0; count--)
        {
            var claim = _waiting.Peek();
            var outcome = await RetryAsync($"Claiming {claim.Id} again", token => attempt.ReclaimAsync(run.Ledger, claim, token));
            _waiting.Dequeue();
            if (outcome is ClaimOutcome.Granted { Claim: var again })
            {
                going.Add(again);
                _apart.Add(again);
            }
            else if (outcome is ClaimOutcome.AlreadyDone { Slice.State: SliceState.Completed })
            {
                Instruments.Ended(claim.Id.Collection, "completed");
                await Delivery(Pending(claim)).EndUnclaimedAsync(outcome);
            }
            else
            {
                await Delivery(Pending(claim)).Ending.EndOvertakenAsync(claim);
            }
        }

        _apart.RemoveAll(going.Contains);
        WaitFor(going, others);
    }

    private void WaitFor(params IEnumerable<SliceClaim>[] claims)
    {
        List<SliceClaim> all = [.. claims.SelectMany(some => some)];
        _waiting.Clear();
        all.ForEach(_waiting.Enqueue);
    }

    /// <summary>What is left is the ledger's again, and in the queue: together what was only not got round to.</summary>
    private async Task ReturnAsync(bool isPaused, CancellationToken cancellationToken)
    {
        List<PendingSlice> together = [.. _waiting.Where(claim => _mayShare && claim.StalledAttempts <= 1).Select(Pending)];
        List<PendingSlice> apart = [.. _waiting.Concat(_apart).Select(Pending).Except(together)];
        await HandBackAsync(cancellationToken);
        await _news.CompleteAsync();
        if (together.Count + apart.Count == 0)
            return;
        logger.GivenBack(_name, together.Count + apart.Count);

        // This very process may be given the new messages before it is done with this one.
        foreach (var slice in together.Concat(apart))
            _holds[slice.Id.Number].Dispose();
        if (!isPaused)
        {
            await SliceSending.SendAsync(
                [.. SliceRuns.Of(together, slice => slice.Id.Number), .. apart.Select(slice => new[] { slice })], _context, run, time);
        }
    }

    /// <summary>All that is claimed.</summary>
    private async Task HandBackAsync(CancellationToken cancellationToken)
    {
        List<SliceClaim> left = [.. _waiting.Concat(_apart).OrderBy(claim => claim.Id.Number)];
        var ledger = refusal.Reason is null ? run.Ledger : run.SpareLedger;
        if (left.Count > 0)
        {
            await TransientRetry.RunAsync(
                $"Handing {_name} back",
                async token =>
                {
                    await ledger.HandBackAllAsync(left, token);
                    return true;
                },
                logger, time, cancellationToken);
        }

        _waiting.Clear();
        _apart.Clear();
        foreach (var claim in left)
            Instruments.Ended(claim.Id.Collection, "handed_back");
    }

    private SliceId Id(int number) => new(_context.Message.RunId, _context.Message.Collection, number);

    private static PendingSlice Pending(SliceClaim claim) => new(claim.Id, claim.Offset, claim.Limit);

    /// <summary>Failing here never gives a slice up.</summary>
    private SliceDelivery Delivery(PendingSlice slice)
        => new(slice, _context, _holds[slice.Id.Number], int.MaxValue, run, worker, inHand, drain, refusal, time, logger, _end);

    private Task<T> RetryAsync<T>(string what, Func<CancellationToken, Task<T>> action)
        => TransientRetry.RunAsync(what, action, logger, time, _end);
}
