using Migration.Contracts.Ledger;
using Npgsql;

namespace Migration.Coordinator.Tracking;

/// <summary>Tells when a collection is paused, once, with the causes that fill its quarantine.</summary>
internal sealed class PauseNews(ProgressLedger progress, Guid runId, TextWriter writer)
{
    public const string WhatNext =
        "Mend the cause, or raise maxQuarantined in the migration file, and run the same command again.";

    private const int MostCauses = 3;

    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>To be called as often as the ledger is asked.</summary>
    public async Task TellAsync(IReadOnlyList<CollectionProgress> collections, CancellationToken cancellationToken)
    {
        foreach (var collection in collections.Where(c => c.PauseReason is not null && !_told.Contains(c.Plan.Name)))
        {
            try
            {
                var causes = await progress.CausesAsync(runId, MostCauses, cancellationToken, collection.Plan.Name);
                await writer.WriteAsync(Text(collection, causes));
                _told.Add(collection.Plan.Name);
            }
            catch (NpgsqlException e) when (Worker.TransientRetry.IsTransient(e))
            {
                // The ledger went away meanwhile; the next look tells it.
            }
        }
    }

    private static string Text(CollectionProgress collection, List<QuarantineCause> causes)
        => string.Join('\n', [
            $"{collection.Plan.Name} is paused: {collection.PauseReason}. Most of them for:",
            .. causes.SelectMany(RunReportText.Lines),
            $"  {WhatNext} Other collections go on.\n"]);
}
