using System.Diagnostics;
using System.Text;

namespace Migration.Worker.Probes;

/// <summary>The figures of a process under the names that Prometheus' own clients give them.</summary>
internal static class ProcessFigures
{
    public static void Write(StringBuilder text)
    {
        using var process = Process.GetCurrentProcess();
        Write(text, "process_cpu_seconds_total", "counter", "User and system time.", process.TotalProcessorTime.TotalSeconds);
        Write(text, "process_resident_memory_bytes", "gauge", "Memory in use.", process.WorkingSet64);
        Write(text, "process_virtual_memory_bytes", "gauge", "Memory reserved.", process.VirtualMemorySize64);
        Write(text, "process_threads", "gauge", "Threads.", process.Threads.Count);
        Write(text, "process_open_fds", "gauge", "Open file descriptors.", process.HandleCount);
        Write(
            text, "process_start_time_seconds", "gauge", "When the process started, in seconds since 1970.",
            (process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
    }

    private static void Write(StringBuilder text, string name, string kind, string help, double value)
    {
        PrometheusText.WriteHead(text, name, kind, help);
        PrometheusText.WriteSample(text, name, "", value);
    }
}
