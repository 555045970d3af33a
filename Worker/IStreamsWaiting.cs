namespace Migration.Worker;

/// <summary>Slices of one collection that are ready to be streamed and that nobody has taken.</summary>
internal interface IStreamsWaiting
{
    int Count { get; }

    /// <returns>The one that has waited longest, where it fits; it is taken then, and told what becomes of the batch.</returns>
    StreamedSlice? TakeNext(Func<StreamedSlice, bool> fits);
}
