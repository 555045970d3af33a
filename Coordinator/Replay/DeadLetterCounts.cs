using System.Collections.Immutable;

namespace Migration.Coordinator.Replay;

/// <summary>What became of the messages in an error queue.</summary>
/// <param name="Replayed">Slices put back to work.</param>
/// <param name="AlreadyDone">Their slice has completed or is being worked on: acknowledged and no more.</param>
/// <param name="Left">Slices of this run that were not selected.</param>
/// <param name="Foreign">Of another run, version or application, by what they are; left in place.</param>
internal sealed record DeadLetterCounts(long Replayed, long AlreadyDone, long Left, ImmutableSortedDictionary<string, long> Foreign)
{
    public static DeadLetterCounts None { get; } = new(0, 0, 0, ImmutableSortedDictionary<string, long>.Empty);

    /// <summary>Messages that are in the queue still.</summary>
    public long Staying => Left + Foreign.Values.Sum();

    public DeadLetterCounts WithForeign(string kind)
        => this with { Foreign = Foreign.SetItem(kind, Foreign.GetValueOrDefault(kind) + 1) };
}
