using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;
using Spectre.Console;

namespace Migration.Coordinator.Runs;

/// <summary>Collections that were paused, when somebody works on their run again.</summary>
internal sealed class PausedCollections(NpgsqlDataSource target, RunRecord run, MigrationFile file, IAnsiConsole console)
{
    /// <summary>
    /// Notes the file's limits, which may have changed, and lets the paused ones go on. To run a run again is to say that
    /// it shall: then also those that are over their limit, until the next record of theirs is quarantined.
    /// </summary>
    /// <param name="onlyWithinLimit">For a replay: only those of which enough was brought in.</param>
    public async Task LetGoOnAsync(bool onlyWithinLimit, CancellationToken cancellationToken)
    {
        var pauses = new PauseLedger(target);
        foreach (var collection in file.Collections)
            await pauses.SetLimitAsync(run.Id, collection.Name, file.MaxQuarantinedOf(collection), cancellationToken);
        foreach (var resumed in await pauses.ResumeAsync(run.Id, onlyWithinLimit, cancellationToken))
            Tell(resumed);
    }

    private void Tell(ResumedCollection resumed)
    {
        console.MarkupLineInterpolated($"[bold]{resumed.Name}[/] goes on; it was paused: {resumed.Reason}.");
        if (resumed.Quarantined > resumed.Limit)
        {
            console.MarkupLineInterpolated(
                $"[yellow]warning[/] {resumed.Name}: {resumed.Quarantined:N0} records are in quarantine, and maxQuarantined allows {resumed.Limit:N0}: the next one pauses it again. The run cannot be complete before enough of them are replayed or maxQuarantined is raised.");
        }
    }
}
