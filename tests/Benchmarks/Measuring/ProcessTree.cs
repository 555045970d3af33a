namespace Migration.Benchmarks.Measuring;

/// <summary>
/// Watches programs and what they start: CPU over time, and the most memory that one of them had. Looks ten times a second,
/// for new processes twice a second.
/// </summary>
internal sealed class ProcessTree : IDisposable
{
    private const int LooksPerSearch = 5;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly IReadOnlyCollection<int> _roots;
    private readonly SortedSet<int> _processes;
    private readonly Dictionary<int, double> _cpu = [];
    private readonly Dictionary<int, long> _peaks = [];
    private readonly ManualResetEventSlim _ended = new();
    private readonly Thread _thread;

    public ProcessTree(IReadOnlyCollection<int> roots)
    {
        (_roots, _processes) = (roots, [.. roots]);
        _thread = new Thread(Watch) { IsBackground = true, Name = "process tree" };
        _thread.Start();
    }

    /// <summary>Seconds of CPU of the programs themselves.</summary>
    public TimeSeries RootCpu { get; } = new();

    /// <summary>Of all that they started.</summary>
    public TimeSeries ChildCpu { get; } = new();

    public bool HasChildren => _processes.Count > _roots.Count;

    /// <summary>Of the one process that had the most, among the started ones where there are any.</summary>
    public long PeakBytes => _peaks.Where(peak => !HasChildren || !_roots.Contains(peak.Key)).Select(peak => peak.Value).DefaultIfEmpty().Max();

    /// <summary>Looks no more; the figures stay.</summary>
    public void Dispose()
    {
        _ended.Set();
        _thread.Join();
        _ended.Dispose();
    }

    private void Watch()
    {
        var look = 0;
        do
        {
            if (look++ % LooksPerSearch == 0)
                Search();
            Look();
        }
        while (!_ended.Wait(Interval));
    }

    private void Search()
    {
        var waiting = new Queue<int>(_roots);
        while (waiting.TryDequeue(out var process))
        {
            foreach (var child in ProcFile.Children(process))
            {
                _processes.Add(child);
                waiting.Enqueue(child);
            }
        }
    }

    private void Look()
    {
        foreach (var process in _processes)
        {
            _cpu[process] = ProcFile.CpuSeconds(process) ?? _cpu.GetValueOrDefault(process);
            _peaks[process] = ProcFile.PeakBytes(process) ?? _peaks.GetValueOrDefault(process);
        }

        var now = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
        RootCpu.Add(now, _cpu.Where(cpu => _roots.Contains(cpu.Key)).Sum(cpu => cpu.Value));
        ChildCpu.Add(now, _cpu.Where(cpu => !_roots.Contains(cpu.Key)).Sum(cpu => cpu.Value));
    }
}
