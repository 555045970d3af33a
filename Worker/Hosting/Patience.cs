using Microsoft.Extensions.Logging;
using Migration.Contracts.Migrations;
using Migration.Worker.Probes;

namespace Migration.Worker.Hosting;

/// <summary>
/// Waits at a program's start for servers that cannot be reached, alive and not ready, for as long as it was told to. What
/// waiting cannot mend, such as a wrong password, is not waited for.
/// </summary>
public sealed class Patience(TimeSpan limit, ProgramHealth health, ILogger<Patience> logger, TimeProvider time)
{
    private static readonly TimeSpan TellAgain = TimeSpan.FromMinutes(1);
    private readonly long _started = time.GetTimestamp();

    public Task WaitForBrokerAsync(string broker, CancellationToken cancellationToken)
        => WaitForAsync(
            "broker", $"RabbitMQ at {ConnectionText.Describe(broker)}", token => BrokerProbe.CheckAsync(broker, token), cancellationToken);

    /// <param name="reach">Tries once.</param>
    public Task WaitForTargetAsync(string target, Func<CancellationToken, Task> reach, CancellationToken cancellationToken)
        => WaitForAsync("ledger", $"PostgreSQL at {ConnectionText.Describe(target)}", reach, cancellationToken);

    /// <param name="what">In a word.</param>
    /// <param name="server">Kind and address, without a secret.</param>
    /// <param name="reach">Tries once.</param>
    /// <exception cref="Exception">The last failure, when the time is up; any other at once.</exception>
    public async Task WaitForAsync(
        string what, string server, Func<CancellationToken, Task> reach, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reach);
        var pauses = new Backoff(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5));
        var telling = new Seldom(TellAgain, time);
        health.Wait(what, $"{server} has not answered yet");
        while (true)
        {
            try
            {
                await reach(cancellationToken);
                health.Have(what);
                return;
            }
            catch (Exception e) when (MayPass(e))
            {
                var reason = Failure.Describe(e).Message;
                health.Wait(what, reason);
                if (telling.IsDue())
                    logger.WaitsForServer(server, reason, (limit - time.GetElapsedTime(_started)).TotalSeconds);
            }

            await Task.Delay(pauses.Next(), time, cancellationToken);
        }
    }

    private bool MayPass(Exception exception)
        => Failure.Describe(exception).Code == ExitCode.Unreachable && time.GetElapsedTime(_started) < limit;
}
