using Migration.Contracts.Ledger;
using Migration.Worker;
using Migration.Worker.Sources;
using Npgsql;

namespace Migration.Coordinator.Tracking;

/// <summary>Finds runs for people who may have mistyped; creates nothing.</summary>
internal sealed class RunFinder(NpgsqlDataSource target)
{
    private readonly RunLedger _runs = new(target);

    /// <exception cref="UserException">There is no ledger, or no such run; the message names the nearest one.</exception>
    public async Task<RunRecord> FindAsync(string name, CancellationToken cancellationToken)
    {
        await RequireLedgerAsync(cancellationToken);
        return await _runs.FindAsync(name, cancellationToken)
            ?? throw new UserException(
                $"The ledger has no run '{name}'{NearestName.Hint(name, (await _runs.ListAsync(cancellationToken)).Select(run => run.Name))}.");
    }

    /// <summary>The run of this name, or without a name the only one.</summary>
    /// <exception cref="UserException">There is no ledger, no such run, or more than one to choose from.</exception>
    public async Task<RunRecord> FindOnlyAsync(string? name, CancellationToken cancellationToken)
    {
        if (name is not null)
            return await FindAsync(name, cancellationToken);
        return await ListAsync(cancellationToken) switch
        {
            [var only] => only,
            [] => throw new UserException("The ledger has no run yet; start one with 'coordinator run FILE'."),
            var runs => throw new UserException($"Say which run: the ledger has {string.Join(", ", runs.Take(10).Select(run => run.Name))}."),
        };
    }

    /// <summary>The newest first.</summary>
    /// <exception cref="UserException">There is no ledger.</exception>
    public async Task<IReadOnlyList<RunRecord>> ListAsync(CancellationToken cancellationToken)
    {
        await RequireLedgerAsync(cancellationToken);
        return await _runs.ListAsync(cancellationToken);
    }

    private async Task RequireLedgerAsync(CancellationToken cancellationToken)
    {
        if (await LedgerSchema.ExistsAsync(target, cancellationToken))
            return;
        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        throw new UserException(
            $"There is no ledger in database '{connection.Database}' on {connection.Host}:{connection.Port}: no run was started "
            + "there yet. Check --target, or start one with 'coordinator run FILE'.");
    }
}
