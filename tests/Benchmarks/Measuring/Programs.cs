using System.Diagnostics;
using System.Text;

namespace Migration.Benchmarks.Measuring;

/// <summary>Programs that are started together and waited for, and what they cost.</summary>
internal static class Programs
{
    private const int TailCharacters = 3000;

    public static ProcessStartInfo Dotnet(string program, params IEnumerable<string> arguments) => Of("dotnet", [program, .. arguments]);

    public static ProcessStartInfo Of(string program, params IEnumerable<string> arguments) => new(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        Environment = { ["NO_COLOR"] = "1" },
    };

    /// <summary>All at once.</summary>
    /// <exception cref="BenchException">One ended with another exit code than 0; the message holds the last that it said.</exception>
    public static async Task<ProgramsCost> RunAsync(IReadOnlyList<ProcessStartInfo> programs, CancellationToken cancellation)
    {
        var (cpu, machine, watch) = (ChildrenCpu.Seconds(), ProcFile.MachineCpuSeconds(), Stopwatch.StartNew());
        var from = Now();
        var processes = programs.Select(Start).ToList();
        try
        {
            using var tree = new ProcessTree([.. processes.Select(process => process.Id)]);
            var outputs = await Task.WhenAll(processes.Select(process => EndAsync(process, cancellation)));
            var seconds = watch.Elapsed.TotalSeconds;
            return new ProgramsCost(
                tree, processes[0].Id, from, seconds, ChildrenCpu.Seconds() - cpu, ProcFile.MachineCpuSeconds() - machine, outputs);
        }
        finally
        {
            processes.ForEach(End);
        }
    }

    /// <summary>One, for its output alone.</summary>
    public static async Task<string> OutputAsync(ProcessStartInfo program, CancellationToken cancellation)
        => (await RunAsync([program], cancellation)).Outputs[0];

    private static double Now() => (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds;

    private static Process Start(ProcessStartInfo program)
    {
        var process = Process.Start(program)!;
        process.StandardInput.Close();
        return process;
    }

    private static async Task<string> EndAsync(Process process, CancellationToken cancellation)
    {
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
            throw new BenchException($"{Title(process.StartInfo)} ended with exit code {process.ExitCode}.\n{Tail(await output)}{Tail(await errors)}");
        return await output;
    }

    private static string Title(ProcessStartInfo program) =>
        new StringBuilder(Path.GetFileName(program.FileName)).AppendJoin("", program.ArgumentList.Select(argument => " " + argument)).ToString();

    private static string Tail(string text) => text.Length <= TailCharacters ? text : text[^TailCharacters..];

    private static void End(Process process)
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
