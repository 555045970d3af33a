using System.Globalization;

namespace Migration.Benchmarks.Measuring;

/// <summary>
/// What a process has allocated so far, ten times a second, in a file of its own: a line of seconds since 1970 and bytes.
/// Runs inside the process that is measured, and uses nothing that this process might not have.
/// </summary>
internal static class AllocationLog
{
    /// <summary>The folder for the files; each is named by its process's number.</summary>
    public const string Variable = "MIGRATION_BENCH_ALLOCATIONS";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public static void Start(string folder)
    {
        var file = new StreamWriter(Path.Combine(folder, $"{Environment.ProcessId}.txt")) { AutoFlush = true };
        new Thread(() => Write(file)) { IsBackground = true, Name = "allocations" }.Start();
    }

    /// <summary>One series for each process that wrote into the folder, save <paramref name="without"/>.</summary>
    public static IReadOnlyList<TimeSeries> Read(string folder, int? without) =>
    [
        .. Directory.EnumerateFiles(folder, "*.txt")
            .Where(path => Path.GetFileNameWithoutExtension(path) != without?.ToString(CultureInfo.InvariantCulture))
            .Select(path => TimeSeries.Parse(File.ReadLines(path))),
    ];

    private static void Write(StreamWriter file)
    {
        while (true)
        {
            var seconds = (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;
            file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:F3} {GC.GetTotalAllocatedBytes()}"));
            Thread.Sleep(Interval);
        }
    }
}
