using Migration.DocumentDbGateway.Engine;

namespace Migration.DocumentDbGateway.Cursors;

/// <summary>
/// The cursors that wait for their next page. Who takes one out owns it alone, until it is put back or disposed;
/// so two requests can never use one portal at once.
/// </summary>
internal sealed class CursorStore(int limit, TimeSpan idle, TimeProvider clock) : IAsyncDisposable
{
    private readonly Dictionary<long, OpenCursor> cursors = [];
    private readonly Lock gate = new();

    /// <exception cref="CommandException">Too many are open; the cursor is disposed of.</exception>
    public async Task AddAsync(OpenCursor cursor)
    {
        if (TryAdd(cursor))
            return;
        await cursor.DisposeAsync();
        throw new CommandException(1, "InternalError", $"{limit} cursors are open already (--max-cursors {limit}).");
    }

    /// <exception cref="CommandException">It has ended, timed out, was killed, or is at work just now.</exception>
    public OpenCursor Take(long id)
    {
        lock (gate)
        {
            return cursors.Remove(id, out var cursor)
                ? cursor
                : throw new CommandException(43, "CursorNotFound", $"cursor id {id} not found");
        }
    }

    /// <summary>Returns whether there was one.</summary>
    public async Task<bool> KillAsync(long id)
    {
        OpenCursor? cursor;
        lock (gate)
        {
            cursors.Remove(id, out cursor);
        }

        if (cursor is not null)
            await cursor.DisposeAsync();
        return cursor is not null;
    }

    public Task DropOwnedByAsync(int client) => DropAsync(cursor => cursor.Client == client);

    /// <summary>Drops what has been idle for too long, until cancelled.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var interval = TimeSpan.FromMilliseconds(Math.Clamp(idle.TotalMilliseconds / 10, 50, 5000));
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await DropAsync(cursor => clock.GetElapsedTime(cursor.LastUsed) > idle);
        }
        catch (OperationCanceledException)
        {
            // The gateway stops; its cursors are dropped with the store.
        }
    }

    private bool TryAdd(OpenCursor cursor)
    {
        cursor.LastUsed = clock.GetTimestamp();
        lock (gate)
        {
            return cursors.Count < limit && cursors.TryAdd(cursor.Id, cursor);
        }
    }

    private async Task DropAsync(Func<OpenCursor, bool> which)
    {
        List<OpenCursor> dropped;
        lock (gate)
        {
            dropped = [.. cursors.Values.Where(which)];
            dropped.ForEach(cursor => cursors.Remove(cursor.Id));
        }

        foreach (var cursor in dropped)
            await cursor.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await DropAsync(_ => true);
}
