using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>
/// Takes a run's lock from a coordinator that is gone while its session stands: one whose last word is old, and which says
/// nothing either while it is watched as long again.
/// </summary>
/// <remarks>
/// The watch is by this process's own time and looks only whether there is any new word, so that a database's clock which
/// jumps cannot make a living coordinator look dead. Should one be taken for dead all the same (it was suspended), the
/// ledger bears it: it finds its session ended, learns that another drives the run, and stops.
/// </remarks>
internal sealed class SilentHolder(NpgsqlConnection connection, string runName, long key, TimeSpan silence, Action<string>? tell)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <exception cref="LedgerException">The holder lives, or another was quicker.</exception>
    public async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        if (await LockHolder.FindAsync(connection, key, cancellationToken) is { } holder && holder.SilentFor >= silence)
        {
            tell?.Invoke(string.Create(
                CultureInfo.InvariantCulture,
                $"Run '{runName}' is driven by {holder.Name}, last heard of {holder.SilentFor.Value.TotalSeconds:0} s ago. Watching it for {silence.TotalSeconds:0} s before taking over."));
            if (await StaysSilentAsync(holder, cancellationToken))
                await EndAsync(holder, cancellationToken);
        }

        if (!await RunLock.TryLockAsync(connection, key, cancellationToken))
            throw new LedgerException(await LockHolder.DescribeAsync(connection, runName, key, cancellationToken));
    }

    private async Task<bool> StaysSilentAsync(LockHolder holder, CancellationToken cancellationToken)
    {
        var watched = Stopwatch.StartNew();
        while (watched.Elapsed < silence)
        {
            await Task.Delay(silence < Look ? silence : Look, cancellationToken);
            if (!await IsUnchangedAsync(holder, cancellationToken))
                return false;
        }

        return true;
    }

    private async Task<bool> IsUnchangedAsync(LockHolder holder, CancellationToken cancellationToken)
        => await LockHolder.FindAsync(connection, key, cancellationToken) is { } now
            && (now.ProcessId, now.Since, now.LastWord) == (holder.ProcessId, holder.Since, holder.LastWord);

    private Task<int> EndAsync(LockHolder holder, CancellationToken cancellationToken) => connection.ExecuteAsync(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_start AT TIME ZONE 'UTC' = $2",
        cancellationToken, holder.ProcessId, DateTime.SpecifyKind(holder.Since!.Value, DateTimeKind.Unspecified));
}
