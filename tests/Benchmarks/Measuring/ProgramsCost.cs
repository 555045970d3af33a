namespace Migration.Benchmarks.Measuring;

/// <summary>What programs cost from their start to their end.</summary>
/// <param name="FirstId">The first program's process.</param>
/// <param name="From">When they were started, in seconds since 1970.</param>
/// <param name="CpuSeconds">Of the programs and all that they started.</param>
/// <param name="MachineCpuSeconds">Of the whole machine in that time, the programs and everything else.</param>
/// <param name="Outputs">What each wrote, in their order.</param>
internal sealed record ProgramsCost(
    ProcessTree Tree, int FirstId, double From, double Seconds, double CpuSeconds, double MachineCpuSeconds, IReadOnlyList<string> Outputs)
{
    public double To => From + Seconds;
}
