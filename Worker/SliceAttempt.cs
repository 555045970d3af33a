using Migration.Contracts.Ledger;
using Migration.Worker.Suspects;

namespace Migration.Worker;

/// <summary>
/// One attempt at a slice, under the eyes of a <see cref="HangWatch"/>: one that has taken its workers down too often is
/// cut or its record quarantined, any other is migrated.
/// </summary>
internal sealed class SliceAttempt(SliceMigrator migrator, SuspectSlice suspect, HangWatch watch)
{
    /// <summary>The claim as it stands: the one to hand back or to fail when the attempt ends by an exception; null before it began.</summary>
    public SliceClaim? Claim => migrator.Claim;

    /// <param name="drain">Asks to stop after the batch in hand.</param>
    /// <exception cref="FenceLostException">The slice is somebody else's now; nothing of the last batch was written.</exception>
    /// <exception cref="SliceHungException">It stood still.</exception>
    public Task<SliceEnd> MakeAsync(SliceClaim claim, CancellationToken drain, CancellationToken cancellationToken)
        => watch.RunAsync(
            async (pulse, token) => (claim.IsSuspect ? await suspect.ResolveAsync(claim, pulse, token) : null)
                ?? await migrator.MigrateAsync(claim, pulse, drain, token),
            cancellationToken);

    /// <summary>True where what was thrown says that the slice is too much for its worker, which others need not survive.</summary>
    public static bool TookWorkerDown(Exception exception) => exception is SliceHungException or OutOfMemoryException;
}
