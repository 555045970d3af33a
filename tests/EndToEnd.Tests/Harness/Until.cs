namespace Migration.EndToEnd.Tests.Harness;

/// <summary>Polls a real condition with a deadline, where nothing gives a signal.</summary>
internal static class Until
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <exception cref="TimeoutException">The condition did not come true in time.</exception>
    public static async Task TrueAsync(
        string condition, Func<Task<bool>> holds, CancellationToken cancellation, TimeSpan? patience = null)
    {
        var deadline = DateTime.UtcNow + (patience ?? TimeSpan.FromSeconds(90));
        while (!await holds())
        {
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException($"Waited in vain until {condition}.");
            await Task.Delay(Interval, cancellation);
        }
    }
}
