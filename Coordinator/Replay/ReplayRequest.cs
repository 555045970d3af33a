using System.Globalization;
using Migration.Contracts.Ledger;

namespace Migration.Coordinator.Replay;

/// <summary>What the user asked for on the command line of <c>replay</c>.</summary>
/// <param name="Limit">Slices, and records, at most; null for all.</param>
internal sealed record ReplayRequest(bool DeadLetters, bool Quarantine, FailureSelection Selection, long? Limit, bool IsDryRun)
{
    public long Most => Limit ?? long.MaxValue;

    /// <summary>As the report tells it.</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        (DeadLetters, Quarantine) switch
        {
            (true, false) => "dead letters",
            (false, true) => "quarantine",
            _ => "dead letters and quarantine",
        },
        Selection.Cause is { } cause ? $"cause {cause}" : null,
        Selection.Collection is { } collection ? $"collection {collection}" : null,
        Limit is { } limit ? string.Create(CultureInfo.InvariantCulture, $"at most {limit}") : null,
    }.OfType<string>());
}
