using Migration.Contracts.Ledger;
using Migration.Worker;
using Migration.Worker.Sources;
using Npgsql;

namespace Migration.Coordinator.Replay;

/// <summary>Checks that a run has what a replay asks for, for people who may have mistyped.</summary>
internal sealed class FailureFinder(NpgsqlDataSource target, RunRecord run)
{
    /// <exception cref="UserException">The run has no such collection, or nothing failed in it for such a cause.</exception>
    public async Task CheckAsync(FailureSelection selection, CancellationToken cancellationToken)
    {
        var collections = (await new PlanLedger(target).ListAsync(run.Id, cancellationToken)).Select(c => c.Name).ToList();
        if (selection.Collection is { } name && !collections.Contains(name))
        {
            throw new UserException(
                $"Run '{run.Name}' has no collection '{name}'{NearestName.Hint(name, collections)}. It has: {string.Join(", ", collections)}.");
        }

        if (selection.Cause is { } cause && !await new ReplayLedger(target).KnowsCauseAsync(run.Id, cause, cancellationToken))
        {
            throw new UserException(
                $"Nothing failed in run '{run.Name}' for a cause with fingerprint '{cause}'. 'coordinator failures {run.Name}' lists the causes.");
        }
    }
}
