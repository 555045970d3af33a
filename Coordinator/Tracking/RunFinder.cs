using Migration.Contracts.Ledger;
using Migration.Worker;
using Migration.Worker.Sources;
using Npgsql;

namespace Migration.Coordinator.Tracking;

/// <summary>Finds runs for people who may have mistyped; creates nothing.</summary>
internal sealed class RunFinder(NpgsqlDataSource target)
{
    private const int MostNames = 20;

    private readonly RunLedger _runs = new(target);

    /// <param name="name">Null: the only run that there is.</param>
    /// <exception cref="UserException">
    /// There is no ledger, or no such run (the message names the nearest one), or no name and not exactly one run.
    /// </exception>
    /// <exception cref="LedgerException">The ledger is of another version.</exception>
    public async Task<RunRecord> FindAsync(string? name, CancellationToken cancellationToken)
    {
        await RequireLedgerAsync(cancellationToken);
        if (name is null)
            return TheOnly(await _runs.ListAsync(cancellationToken));
        return await _runs.FindAsync(name, cancellationToken)
            ?? throw new UserException(
                $"The ledger has no run '{name}'{NearestName.Hint(name, (await _runs.ListAsync(cancellationToken)).Select(run => run.Name))}.");
    }

    /// <summary>The newest first.</summary>
    /// <exception cref="UserException">There is no ledger.</exception>
    public async Task<IReadOnlyList<RunRecord>> ListAsync(CancellationToken cancellationToken)
    {
        await RequireLedgerAsync(cancellationToken);
        return await _runs.ListAsync(cancellationToken);
    }

    private static RunRecord TheOnly(List<RunRecord> runs) => runs switch
    {
        [] => throw new UserException("The ledger has no run yet; start one with 'coordinator run FILE'."),
        [var only] => only,
        _ => throw new UserException(
            $"The ledger has {runs.Count:N0} runs; say which: {string.Join(", ", runs.Take(MostNames).Select(run => $"'{run.Name}'"))}"
            + (runs.Count > MostNames ? $" and {runs.Count - MostNames:N0} older ones." : ".")),
    };

    private async Task RequireLedgerAsync(CancellationToken cancellationToken)
    {
        if (await LedgerSchema.ExistsAsync(target, cancellationToken))
        {
            await LedgerSchema.CheckAsync(target, cancellationToken);
            return;
        }

        await using var connection = await target.OpenConnectionAsync(cancellationToken);
        throw new UserException(
            $"There is no ledger in database '{connection.Database}' on {connection.Host}:{connection.Port}: no run was started "
            + "there yet. Check --target, or start one with 'coordinator run FILE'.");
    }
}
