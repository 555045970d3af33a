using System.Globalization;

namespace Migration.Benchmarks.Results;

/// <summary>What it was measured on. PostgreSQL, RabbitMQ and everything else share it.</summary>
internal sealed record Machine(string Processor, int Cores, long MemoryBytes, string System, string Kernel)
{
    public static Machine OfThis() => new(
        Value("/proc/cpuinfo", "model name", ':') ?? "unknown",
        Environment.ProcessorCount,
        1024 * long.Parse((Value("/proc/meminfo", "MemTotal", ':') ?? "0 kB").Split(' ')[0], CultureInfo.InvariantCulture),
        Value("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? "unknown",
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim());

    /// <summary>Over the last minute.</summary>
    public static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    private static string? Value(string path, string key, char separator) => !File.Exists(path)
        ? null
        : File.ReadLines(path)
            .Select(line => line.Split(separator, 2, StringSplitOptions.TrimEntries))
            .FirstOrDefault(pair => pair.Length == 2 && pair[0] == key)?[1];
}
