using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Migration.KubernetesStandIn.Runners;

/// <summary>One process in the place of a container.</summary>
internal sealed partial class LocalContainer(
    ContainerStart start, IReadOnlyList<string> command, IReadOnlyDictionary<string, string> variables, int? port, string log,
    IContainerReports reports) : IRunningContainer
{
    private const int CannotStart = 127;
    private const int SigTerm = 15;

    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Process? _process;
    private bool _isKilled;
    private bool _isTold;

    public string PodName => start.PodName;

    public int? ProcessId => _process?.Id;

    public Action Ended { get; set; } = () => { };

    public Task Completion => _completion.Task;

    public string Log
    {
        get
        {
            if (!File.Exists(log))
                return "";
            using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return reader.ReadToEnd();
        }
    }

    // Outside of the cluster's lock: starting a process takes its time.
    public void Start() => _ = Task.Run(RunAsync);

    public void Terminate()
    {
        lock (_gate)
        {
            _isTold = true;
            if (_process is { HasExited: false } process)
                _ = Signal(process.Id, SigTerm);
        }
    }

    public void Kill()
    {
        lock (_gate)
        {
            _isKilled = true;
            if (_process is { HasExited: false } process)
                process.Kill(entireProcessTree: true);
        }
    }

    private async Task RunAsync()
    {
        var exitCode = CannotStart;
        try
        {
            await using var writer = new StreamWriter(new FileStream(log, FileMode.Create, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
            exitCode = await RunAsync(TextWriter.Synchronized(writer));
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            await File.AppendAllTextAsync(log, e.Message);
        }
        finally
        {
            Ended();
            reports.Exited(exitCode, exitCode == CannotStart ? "StartError" : null);
            _completion.TrySetResult();
        }
    }

    private async Task<int> RunAsync(TextWriter writer)
    {
        var process = Begin(writer);
        using var over = new CancellationTokenSource();
        var probing = new ReadinessProbe(start.Container.ReadinessProbe, port, reports).RunAsync(over.Token);
        await process.WaitForExitAsync(CancellationToken.None);
        await over.CancelAsync();
        await probing;
        var exitCode = process.ExitCode;
        lock (_gate)
        {
            _process = null;
            process.Dispose();
        }

        return exitCode;
    }

    private Process Begin(TextWriter writer)
    {
        var info = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment.Clear();
        foreach (var (name, value) in variables)
            info.Environment[name] = value;
        var process = new Process { StartInfo = info };
        process.OutputDataReceived += (_, line) => Write(line.Data);
        process.ErrorDataReceived += (_, line) => Write(line.Data);
        lock (_gate)
        {
            process.Start();
            _process = process;
            // It was told to end before it could begin.
            if (_isKilled)
                process.Kill();
            else if (_isTold)
                _ = Signal(process.Id, SigTerm);
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Write(string? line)
        {
            if (line is not null)
                writer.WriteLine(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int processId, int signal);
}
