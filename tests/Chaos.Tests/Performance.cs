using Migration.Chaos.Tests.Faults;
using Npgsql;

namespace Migration.Chaos.Tests;

/// <summary>Performs a theatre's schedule: the programs run, the faults happen, and in the end everything is compared.</summary>
internal sealed class Performance(Theatre theatre)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LookAtBroker = TimeSpan.FromSeconds(5);

    /// <exception cref="Xunit.Sdk.XunitException">Something was lost, is there twice, or does not end.</exception>
    public async Task PlayAsync(CancellationToken cancellation)
    {
        foreach (var fault in theatre.Schedule.Faults)
            await fault.PrepareAsync(theatre, cancellation);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var crew = theatre.Crew.SeeToTheEndAsync(end.Token);
        var faults = StrikeAsync(crew, end.Token);
        var mending = MendBrokerAsync(crew, end.Token);
        try
        {
            await await Task.WhenAny(crew, faults, mending);
            await crew;
            await faults;
            await mending;
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(crew, faults, mending).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        Assert.Empty(theatre.Bed.Survivors());
        theatre.Bed.Target.Clear();
        await new Oracle(theatre.Bed.Target, theatre.Shop, theatre.Bed.Run, theatre.Schedule.Poisoned, theatre.Places?.Products).CheckAsync(cancellation);
        if (theatre.Schedule.HasPhotos)
            theatre.Places!.CheckStore(await theatre.AskAsync<string[]>("SELECT array_agg(photo) FROM shop.products", cancellation));
    }

    /// <summary>Workers that ended without a goodbye.</summary>
    public Task<long> DeathsAsync(CancellationToken cancellation)
        => theatre.AskAsync<long>("SELECT count(*) FROM migration.worker WHERE stopped_at IS NULL", cancellation);

    /// <summary>What RabbitMQ does not mend by itself, and no client can.</summary>
    private async Task MendBrokerAsync(Task crew, CancellationToken cancellation)
    {
        while (await Task.WhenAny(crew, Task.Delay(LookAtBroker, cancellation)) != crew)
        {
            if (await theatre.Arena.MendBrokerAsync(cancellation))
                theatre.BrokerRestarts++;
        }
    }

    /// <summary>One fault at a time, in the order in which they become ready.</summary>
    private async Task StrikeAsync(Task crew, CancellationToken cancellation)
    {
        var waiting = theatre.Schedule.Faults.ToList();
        while (!crew.IsCompleted)
        {
            foreach (var fault in waiting.ToList())
            {
                if (theatre.Crew.RunIsOver)
                {
                    fault.End(theatre);
                }
                else if (await fault.IsReadyAsync(theatre, cancellation))
                {
                    await StrikeAsync(fault, cancellation);
                    waiting.Remove(fault);
                }
            }

            await Task.Delay(Look, cancellation);
        }
    }

    private async Task StrikeAsync(Fault fault, CancellationToken cancellation)
    {
        try
        {
            await fault.StrikeAsync(theatre, cancellation);
        }
        catch (Exception e) when (e is NpgsqlException)
        {
            throw new InvalidOperationException($"The fault '{fault}' could not be made: {e.Message}", e);
        }
    }
}
