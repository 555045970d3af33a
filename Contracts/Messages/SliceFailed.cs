namespace Migration.Contracts.Messages;

/// <summary>
/// News that a slice gave up after its retries; its message is in the run's error queue and its rows up to the
/// checkpoint stay committed.
/// </summary>
/// <param name="Attempts">How often the slice was claimed, as counted in the ledger.</param>
/// <param name="Error">What failed, in one line without secrets.</param>
public sealed record SliceFailed(
    Guid RunId, string Run, string Collection, int Slice, long Offset, long Limit,
    int Attempts, string Error, string Worker);
