using System.Collections.Concurrent;

namespace Migration.Worker.Probes;

/// <summary>
/// What a program tells of itself to whoever looks after it: that its loops go round, and what it still waits for.
/// </summary>
/// <remarks>
/// The two are kept apart. A server that is away makes a program not ready and never dead: to start it anew would mend
/// nothing, and with hundreds of them it would fall upon the server when that comes back.
/// </remarks>
public sealed class ProgramHealth(TimeProvider time)
{
    /// <summary>Longer than drivers take to give up on a server, so that a loop that waits for one still goes round.</summary>
    public static readonly TimeSpan LongestTurn = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan TurnInterval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, long> _turns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _waits = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Func<string?>> _checks = new(StringComparer.Ordinal);
    private volatile bool _hasStarted;

    /// <summary>It has read what it was told to do, and goes about it.</summary>
    public bool HasStarted => _hasStarted;

    /// <summary>A sentence for each loop that has not gone round for <see cref="LongestTurn"/>; empty for a program that lives.</summary>
    public IReadOnlyList<string> WhyNotAlive()
        => [.. _turns.Where(turn => time.GetElapsedTime(turn.Value) > LongestTurn).Select(turn => turn.Key).Order(StringComparer.Ordinal)
            .Select(loop => $"{loop}: it has not gone round for {LongestTurn.TotalSeconds:0} seconds")];

    /// <summary>A sentence for each thing that it waits for; empty for a program that does its work.</summary>
    public IReadOnlyList<string> WhyNotReady()
        => [.. _waits.Concat(_checks.Select(check => KeyValuePair.Create(check.Key, check.Value()!)).Where(check => check.Value is not null))
            .OrderBy(wait => wait.Key, StringComparer.Ordinal).Select(wait => $"{wait.Key}: {wait.Value}")];

    public void Start() => _hasStarted = true;

    /// <summary>To be called each time that a loop begins again.</summary>
    public void Turn(string loop) => _turns[loop] = time.GetTimestamp();

    /// <summary>The loop has ended as it should.</summary>
    public void End(string loop) => _turns.TryRemove(loop, out _);

    /// <summary>The loop waits for what may take long and is watched by others.</summary>
    public async Task TurnWhileAsync(string loop, Task task, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        while (await Task.WhenAny(task, Task.Delay(TurnInterval, time, cancellationToken)) != task)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Turn(loop);
        }

        await task;
    }

    /// <param name="what">What it waits for, in a word; a later call takes the place of an earlier one.</param>
    /// <param name="reason">Why, without a secret.</param>
    public void Wait(string what, string reason) => _waits[what] = reason;

    public void Have(string what) => _waits.TryRemove(what, out _);

    /// <param name="check">Asked at each look; null when all is well.</param>
    public void Watch(string what, Func<string?> check) => _checks[what] = check;
}
