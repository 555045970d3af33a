using Migration.Contracts.Migrations;

namespace Migration.Contracts.Ledger;

/// <summary>Finds a run, or makes it; a run goes on only with a file that says what the one said that it was started with.</summary>
/// <param name="mayReplaceUnstarted">
/// True for who holds the run's lock: a run that never started then gives way to a file that says something else.
/// </param>
public sealed class RunOpener(RunLedger runs, bool mayReplaceUnstarted = false)
{
    /// <param name="name">The run's name.</param>
    /// <exception cref="LedgerException">
    /// It cannot be a run's name, or the run was started from a file that says something else; the message lists what.
    /// </exception>
    public async Task<RunRecord> OpenAsync(string name, MigrationFile file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (RunName.Problem(name) is { } problem)
            throw new LedgerException($"'{name}' cannot be a run's name: {problem}.");

        var stored = StoredMigrationFile.ToStoredJson(file);
        var hash = MigrationFileFingerprint.Of(file);
        var run = await runs.FindAsync(name, cancellationToken);
        if (run is null)
        {
            run = await runs.TryCreateAsync(
                name, stored, hash, [.. file.Collections.Select(c => (c.Name, c.Table.ToString()))], cancellationToken);
            if (run is not null)
                return run;

            // Many may open it at the same moment; it is made by one of them.
            run = (await runs.FindAsync(name, cancellationToken))!;
        }

        var changes = MigrationFileChanges.Between(StoredMigrationFile.FromStoredJson(run.File), file);
        if (changes.Count > 0)
        {
            // A first attempt that ended over a mistake in the file has sent nothing and written no row yet; once the
            // mistake is mended, the name is free for what was meant.
            if (mayReplaceUnstarted && await runs.DiscardUnstartedAsync(run.Id, cancellationToken))
                return await OpenAsync(name, file, cancellationToken);
            throw new LedgerException(
                $"Run '{name}' was started from a migration file that said something else:\n  "
                + string.Join("\n  ", changes)
                + "\nChange it back to go on with the run, or give a new run another name with --name.");
        }

        await runs.UpdateFileAsync(run.Id, stored, hash, cancellationToken);
        return (await runs.FindAsync(run.Id, cancellationToken))!;
    }
}
