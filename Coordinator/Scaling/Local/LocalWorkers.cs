using System.Diagnostics;
using Migration.Worker;

namespace Migration.Coordinator.Scaling.Local;

/// <summary>
/// N worker processes on this machine; N may change. One that dies is replaced, though not for ever: when several in a row die without
/// a slice being completed or even tried, the run stops and says why. They stop when this process ends, however it ends, because they
/// watch the standard input that it holds.
/// </summary>
internal sealed class LocalWorkers : IAsyncDisposable
{
    private const int MostDeathsWithoutProgress = 5;

    /// <summary>One record that kills costs some 15 deaths; so many without a single record done are not the records' fault.</summary>
    private const int MostDeathsWithoutRecords = 100;

    /// <summary>About ten minutes, as each waits <see cref="RetryDelay"/>: longer than a restart or a failover takes.</summary>
    private const int MostUnreachable = 120;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(30);

    private readonly List<LocalWorker> _workers = [];
    private readonly List<LocalWorker> _leaving = [];
    private readonly Func<int, LocalWorker> _start;
    private readonly Dictionary<int, DateTimeOffset> _retryAt = [];
    private readonly TimeProvider _time;
    private int _deaths;
    private int _unreachable;
    private long _progressAtLastDeath;
    private long _writtenAtLastDeath;
    private int _deathsWithoutRecords;

    /// <param name="count">How many.</param>
    /// <param name="connections">Source, target, broker and run as environment variables: an argument could be read by everyone.</param>
    /// <param name="logFolder">Each worker's log, <c>worker-1.log</c> and so on.</param>
    public LocalWorkers(
        int count, IReadOnlyDictionary<string, string?> connections, string logFolder, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Directory.CreateDirectory(logFolder);
        LogFolder = logFolder;
        _start = number => LocalWorker.Start(connections, Path.Combine(logFolder, $"worker-{number}.log"));
        Scale(count);
    }

    public string LogFolder { get; }

    /// <summary>How many there shall be.</summary>
    public int Count => _workers.Count;

    public int Alive => _workers.Count(worker => !worker.HasExited);

    public IReadOnlyList<int> ProcessIds => [.. _workers.Where(worker => !worker.HasExited).Select(worker => worker.Id)];

    /// <summary>Deaths so far.</summary>
    public int Replaced { get; private set; }

    /// <summary>Starts more, or asks the last ones to stop: they commit the batch in hand and hand back the rest meanwhile.</summary>
    public void Scale(int count)
    {
        while (_workers.Count < count)
            _workers.Add(_start(_workers.Count + 1));
        foreach (var worker in _workers[count..])
        {
            worker.AskToStop();
            _leaving.Add(worker);
        }

        _workers.RemoveRange(count, _workers.Count - count);
        foreach (var number in _retryAt.Keys.Where(number => number >= count))
            _retryAt.Remove(number);
    }

    /// <summary>Starts another worker for each that died.</summary>
    /// <param name="progress">Grows with completed slices and with attempts: what has grown since the last death excuses a death.</param>
    /// <param name="onDeath">Called with process id and exit code.</param>
    /// <exception cref="UserException">They cannot work at all, or die without progress.</exception>
    /// <param name="written">Records written so far: workers that all die without any have another trouble than a record.</param>
    public void ReplaceDead(long progress, Action<int, int> onDeath, long written = 0)
    {
        for (var i = 0; i < _workers.Count; i++)
        {
            if (!_workers[i].HasExited || IsWaiting(i))
                continue;
            var dead = _workers[i];
            dead.HearOut();
            if (dead.ExitCode == ExitCode.Configuration)
                throw new UserException($"A worker cannot work: {dead.LastLine} (log: {LogFolder})");
            if (IsHopeless(dead.ExitCode, progress, written) is { } hopeless)
            {
                throw new UserException(
                    ExitCode.Incomplete,
                    $"{hopeless}; the last one ended with exit code {dead.ExitCode} and said: {dead.LastLine} (log: {LogFolder})");
            }

            onDeath(dead.Id, dead.ExitCode);
            Replaced++;
            dead.Dispose();
            _workers[i] = _start(i + 1);
        }
    }

    /// <summary>Counts a death; why there is no point in starting another worker, or null.</summary>
    private string? IsHopeless(int exitCode, long progress, long written)
    {
        if (progress > _progressAtLastDeath)
            (_deaths, _unreachable) = (0, 0);
        if (written > _writtenAtLastDeath)
            _deathsWithoutRecords = 0;
        (_progressAtLastDeath, _writtenAtLastDeath) = (progress, written);
        if (exitCode == ExitCode.Unreachable)
            return ++_unreachable > MostUnreachable ? $"{_unreachable} workers ended one after the other without reaching a server" : null;
        _deathsWithoutRecords++;
        return ++_deaths > MostDeathsWithoutProgress ? $"{_deaths} workers ended one after the other without taking up a slice"
            : _deathsWithoutRecords > MostDeathsWithoutRecords ? $"{_deathsWithoutRecords} workers ended one after the other and wrote no record meanwhile"
            : null;
    }

    /// <summary>One that could not reach a server is started again after a moment, and does not count as dying.</summary>
    private bool IsWaiting(int i)
    {
        if (_workers[i].ExitCode != ExitCode.Unreachable)
            return false;
        if (!_retryAt.TryGetValue(i, out var at))
            _retryAt[i] = at = _time.GetUtcNow() + RetryDelay;
        if (_time.GetUtcNow() < at)
            return true;
        _retryAt.Remove(i);
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in _workers)
            worker.AskToStop();
        foreach (var worker in _workers.Concat(_leaving))
        {
            await worker.StopAsync(GracePeriod);
            worker.Dispose();
        }
    }

    /// <summary>The worker that came with this coordinator.</summary>
    internal static ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        var worker = typeof(ExitCode).Assembly.Location;
        var (program, first) = Environment.ProcessPath switch
        {
            { } host when Path.GetFileNameWithoutExtension(host) == "dotnet" => (host, worker),
            // With a runtime of its own there may be no other on the machine.
            _ when Path.ChangeExtension(worker, null) is var own && File.Exists(own) => (own, null),
            _ => ("dotnet", worker),
        };
        var info = new ProcessStartInfo
        {
            FileName = program,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in first is null ? arguments : arguments.Prepend(first))
            info.ArgumentList.Add(argument);
        return info;
    }
}
