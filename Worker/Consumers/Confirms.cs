namespace Migration.Worker.Consumers;

/// <summary>
/// Waits for the broker's confirms, but not for ever. A connection that is lost with confirms outstanding should fail them,
/// and mostly does; whoever waited for one that never came would hold a slice, or the whole run, until somebody killed it.
/// </summary>
internal static class Confirms
{
    /// <summary>Several missed heartbeats, and what a busy broker needs for a batch.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <exception cref="TimeoutException">None came in time. The message may still arrive, which the ledger makes harmless.</exception>
    public static async Task InTimeAsync(this Task sending, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await sending.WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException e) when (!sending.IsCompleted)
        {
            throw new TimeoutException($"RabbitMQ has not confirmed a message for {Patience.TotalSeconds:0} seconds.", e);
        }
    }
}
