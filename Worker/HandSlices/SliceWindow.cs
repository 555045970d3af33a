namespace Migration.Worker.HandSlices;

/// <summary>The part of a collection that a user asked for by hand.</summary>
/// <param name="Offset">Records before it, in key order.</param>
/// <param name="Limit">Records in it.</param>
internal sealed record SliceWindow(long Offset, long Limit)
{
    /// <exception cref="UserException">A number makes no sense.</exception>
    public void Check()
    {
        if (Offset < 0)
            throw new UserException($"--offset {Offset}: give 0 or more.");
        if (Limit is < 1 or > int.MaxValue)
            throw new UserException($"--limit {Limit}: give a number from 1 to {int.MaxValue}.");
        if (Offset > long.MaxValue / 2)
            throw new UserException($"--offset {Offset}: no collection has so many records.");
    }
}
