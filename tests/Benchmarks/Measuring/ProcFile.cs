using System.Globalization;

namespace Migration.Benchmarks.Measuring;

/// <summary>What the kernel says of a process, in /proc.</summary>
internal static class ProcFile
{
    /// <summary>USER_HZ, which is 100 wherever .NET runs on Linux.</summary>
    private const double TicksPerSecond = 100;

    /// <summary>Seconds of CPU, user and system; null once the process is gone and waited for.</summary>
    /// <param name="withWaitedFor">With those of its children that have ended and were waited for.</param>
    public static double? CpuSeconds(int process, bool withWaitedFor = false)
    {
        if (ReadOrNull($"/proc/{process}/stat") is not { } stat)
            return null;
        // The program's name, in brackets, may hold anything, brackets too. After it: state, parent, ..., and as fields
        // 14 to 17 of the whole line utime, stime, cutime and cstime.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = fields[11..(withWaitedFor ? 15 : 13)].Sum(field => double.Parse(field, CultureInfo.InvariantCulture));
        return ticks / TicksPerSecond;
    }

    /// <summary>The most memory that the process has had in RAM, in bytes; null once it has ended.</summary>
    public static long? PeakBytes(int process)
    {
        var line = ReadOrNull($"/proc/{process}/status")?.Split('\n').FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return line is null ? null : 1024 * long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Children, whichever of its threads started them.</summary>
    public static IReadOnlyList<int> Children(int process)
    {
        try
        {
            return
            [
                .. Directory.EnumerateDirectories($"/proc/{process}/task")
                    .SelectMany(task => (ReadOrNull(Path.Combine(task, "children")) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                    .Select(id => int.Parse(id, CultureInfo.InvariantCulture)),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Seconds of CPU that the whole machine has spent, on whatever.</summary>
    public static double MachineCpuSeconds()
    {
        // cpu user nice system idle iowait irq softirq steal ...; the guests' are in user already.
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int[] busy = [1, 2, 3, 6, 7, 8];
        return busy.Sum(index => double.Parse(fields[index], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private static string? ReadOrNull(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile.
            return null;
        }
    }
}
