using Migration.Benchmarks.Measuring;
using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Scenarios;

internal static class CostAttempts
{
    /// <summary>Of programs that do nothing but their work.</summary>
    public static Attempt WholeAttempt(this ProgramsCost cost, long rows) => new()
    {
        Rows = rows,
        Seconds = cost.Seconds,
        WholeSeconds = cost.Seconds,
        CpuSeconds = cost.CpuSeconds,
        WholeCpuSeconds = cost.CpuSeconds,
        PeakBytes = cost.Tree.PeakBytes,
    };

    /// <summary>Of a program whose work took the last <paramref name="seconds"/> of its life, the start-up before it left out.</summary>
    public static Attempt LastPartAttempt(this ProgramsCost cost, long rows, double seconds) => cost.WholeAttempt(rows) with
    {
        Seconds = seconds,
        CpuSeconds = cost.Tree.RootCpu.Growth(cost.To - seconds, cost.To),
    };
}
