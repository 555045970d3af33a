using Migration.Contracts.Ledger;
using Migration.Worker;
using Npgsql;

namespace Migration.Coordinator.Scaling;

/// <summary>How many workers a run shall have, as the ledger says. While it is away the last number holds.</summary>
internal sealed class WantedWorkers(ScalingLedger ledger, Guid runId, WorkerPlace place)
{
    private int? _configured;

    /// <summary>The last that was read.</summary>
    public int Count { get; private set; }

    /// <param name="configured">As the user said last; a change of it becomes what is wanted.</param>
    public async Task ReadAsync(int configured, CancellationToken cancellationToken)
    {
        try
        {
            Count = (_configured == configured
                ? (await ledger.FindAsync(runId, cancellationToken))?.Wanted
                : await ledger.ConfigureAsync(runId, place, configured, cancellationToken)) ?? configured;
            _configured = configured;
        }
        catch (NpgsqlException e) when (TransientRetry.IsTransient(e))
        {
            // Whoever follows the run notices and waits for the ledger.
            Count = _configured is null ? configured : Count;
        }
    }

    /// <param name="note">A sentence for people; null when nothing is in the way.</param>
    /// <returns>False while the ledger is away.</returns>
    public async Task<bool> NoteAsync(string? note, CancellationToken cancellationToken)
    {
        try
        {
            await ledger.NoteAsync(runId, note, cancellationToken);
            return true;
        }
        catch (NpgsqlException e) when (TransientRetry.IsTransient(e))
        {
            return false;
        }
    }
}
