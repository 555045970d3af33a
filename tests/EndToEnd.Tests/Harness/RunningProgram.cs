using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>A coordinator or worker as a process of its own, as a user would start it. Killed at the latest when disposed of.</summary>
internal sealed partial class RunningProgram : IAsyncDisposable
{
    private const int SigInt = 2;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];

    private RunningProgram(Process process, string title) => (_process, Title) = (process, title);

    public string Title { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>128 and the signal where one ended it. Only once it has exited.</summary>
    public int ExitCode => _process.ExitCode;

    public string Output => Join(_output);

    public string Errors => Join(_errors);

    /// <param name="program">The path of a .dll.</param>
    public static RunningProgram Start(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string?> environment, string folder)
    {
        var info = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment)
            info.Environment[name] = value;
        var running = new RunningProgram(
            new Process { StartInfo = info }, $"{Path.GetFileNameWithoutExtension(program)} {string.Join(' ', arguments)}");
        running._process.OutputDataReceived += (_, line) => running.Note(running._output, line.Data);
        running._process.ErrorDataReceived += (_, line) => running.Note(running._errors, line.Data);
        running._process.Start();
        running._process.BeginOutputReadLine();
        running._process.BeginErrorReadLine();
        return running;
    }

    /// <summary>SIGKILL: it cannot say goodbye.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Signal(SigTerm);

    /// <summary>SIGINT, as Ctrl-C.</summary>
    public void Interrupt() => Signal(SigInt);

    /// <summary>SIGSTOP: it stands still and knows nothing of it.</summary>
    public void StandStill() => Signal(SigStop);

    /// <summary>SIGCONT, to one that SIGSTOP stopped.</summary>
    public void Continue() => Signal(SigCont);

    /// <returns>The exit code, once all output has been read.</returns>
    /// <exception cref="TimeoutException">It does not end; the message holds what it said.</exception>
    public async Task<int> WaitAsync(CancellationToken cancellation, TimeSpan? patience = null)
    {
        try
        {
            await _process.WaitForExitAsync(cancellation).WaitAsync(patience ?? Patience, cancellation);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"'{Title}' did not end within {patience ?? Patience}.\n{Tail(40)}");
        }

        return _process.ExitCode;
    }

    /// <summary>Waits for its end and checks the exit code; a failure shows what it said.</summary>
    public async Task EndsWithAsync(int exitCode, CancellationToken cancellation, TimeSpan? patience = null)
    {
        var actual = await WaitAsync(cancellation, patience);
        Assert.True(actual == exitCode, $"'{Title}' ended with {actual}, not {exitCode}.\n{Tail(60)}");
    }

    /// <summary>A figure such as VmHWM of /proc/PID/status in KiB; null once the process has ended.</summary>
    public long? Memory(string figure)
    {
        try
        {
            var line = File.ReadLines($"/proc/{Id}/status").FirstOrDefault(l => l.StartsWith(figure + ":", StringComparison.Ordinal));
            return line is null ? null : long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The last lines of both streams.</summary>
    public string Tail(int lines)
    {
        lock (_lock)
            return $"--- {Title}: output\n{string.Join('\n', _output.TakeLast(lines))}\n--- errors\n{string.Join('\n', _errors.TakeLast(lines))}";
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private void Signal(int signal) => Assert.True(Kill(_process.Id, signal) == 0, $"'{Title}' could not be sent signal {signal}.");

    private void Note(List<string> lines, string? line)
    {
        if (line is null)
            return;
        lock (_lock)
            lines.Add(line);
    }

    private string Join(List<string> lines)
    {
        lock (_lock)
            return string.Join('\n', lines);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
