using Migration.Contracts.Ledger;
using Migration.Worker.Suspects;

namespace Migration.Worker;

/// <summary>
/// Slices of one collection that are streamed one after the other: while the rows of one go to PostgreSQL, the next one's
/// first are read and mapped. For one attempt, at one batch at a time.
/// </summary>
/// <param name="pulse">Of all of them.</param>
/// <param name="isEnough">Asked after each part: nothing more shall be taken.</param>
internal sealed class SlicesInLine(
    CollectionRows pipeline, PageReader pages, IEnumerable<SliceClaim> claims, Pulse pulse, Func<bool> isEnough, TimeProvider time,
    CancellationToken cancellationToken)
    : IAsyncDisposable
{
    private readonly Queue<SliceClaim> _waiting = new(claims);
    private Turn? _current;
    private Turn? _next;

    /// <summary>What the slice whose turn it is has left, or the next one's; as the ledger knows it, with which a batch begins.</summary>
    /// <returns>Null when none is left.</returns>
    public async Task<StreamedSlice?> NextAsync()
    {
        if (_current is null)
            await MoveOnAsync();
        while (_current is not null)
        {
            if (await _current.Batches.NextAsync(cancellationToken) is { } part)
                return _current.Stream(part, isEnough, time, pulse);
            await MoveOnAsync();
        }

        return null;
    }

    /// <summary>The slice after the last one that was taken, once that has been taken as a whole, for the same batch.</summary>
    /// <param name="fits">Told the bytes and records of its first part.</param>
    /// <param name="patience">How long that may take to come.</param>
    /// <returns>Null when there is none, none in time, or none that fits.</returns>
    public async Task<StreamedSlice?> TakeNextAsync(Func<long, int, bool> fits, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_current is not { Streamed.IsFinal: true } || _next is null || isEnough())
            return null;
        if (await _next.Batches.PeekAsync(patience, cancellationToken) is not { } page || !fits(page.Bytes, page.Records.Count))
            return null;
        await MoveOnAsync();
        return await NextAsync();
    }

    /// <summary>To be told what a batch came to, once it is committed.</summary>
    public async Task CommittedAsync()
    {
        if (_current is not { Streamed: { } slice } current)
            return;
        current.Claim = slice.After!;
        if (slice.Made.IsFinal)
            await MoveOnAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await (_current?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_next?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private async Task MoveOnAsync()
    {
        var done = _current;
        (_current, _next) = (_next ?? Begin(), null);
        _next = Begin();
        await (done?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private Turn? Begin() => _waiting.TryDequeue(out var claim)
        ? new Turn(claim, new MappedBatches(pipeline, pages, claim, pulse, EnterAsync, time, 0, cancellationToken).Begin())
        : null;

    private Task EnterAsync(string step, CancellationToken token)
    {
        pulse.Beat(step);
        return Task.CompletedTask;
    }

    private sealed class Turn(SliceClaim claim, MappedBatches batches) : IAsyncDisposable
    {
        public SliceClaim Claim { get; set; } = claim;

        public MappedBatches Batches => batches;

        /// <summary>What goes into the batch under way.</summary>
        public StreamedSlice? Streamed { get; private set; }

        public StreamedSlice Stream(MappedBatch part, Func<bool> isEnough, TimeProvider time, Pulse pulse)
            => Streamed = new StreamedSlice(Claim, batches, part, isEnough, new BatchTry(time), pulse);

        public ValueTask DisposeAsync() => batches.DisposeAsync();
    }
}
