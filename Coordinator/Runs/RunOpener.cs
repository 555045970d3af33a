using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker;

namespace Migration.Coordinator.Runs;

/// <summary>Finds the run in the ledger, or makes it; a run goes on only with the file that it was started with.</summary>
internal sealed class RunOpener(RunLedger runs)
{
    /// <exception cref="UserException">The run was started from a file that says something else; the message lists what.</exception>
    public async Task<RunRecord> OpenAsync(string name, MigrationFile file, CancellationToken cancellationToken)
    {
        CheckName(name);
        var stored = StoredMigrationFile.ToStoredJson(file);
        var hash = MigrationFileFingerprint.Of(file);
        if (await runs.FindAsync(name, cancellationToken) is not { } run)
        {
            return await runs.CreateAsync(
                name, stored, hash, [.. file.Collections.Select(c => (c.Name, c.Table.ToString()))], cancellationToken);
        }

        var changes = MigrationFileChanges.Between(StoredMigrationFile.FromStoredJson(run.File), file);
        if (changes.Count > 0)
        {
            throw new UserException(
                ExitCode.Refused,
                $"Run '{name}' was started from a migration file that said something else:\n  "
                + string.Join("\n  ", changes)
                + "\nChange it back to go on with the run, or give a new run another name with --name.");
        }

        await runs.UpdateFileAsync(run.Id, stored, hash, cancellationToken);
        return (await runs.FindAsync(run.Id, cancellationToken))!;
    }

    private static void CheckName(string name)
    {
        if (RunName.Problem(name) is { } problem)
            throw new UserException($"'{name}' cannot be a run's name: {problem}.");
    }
}
