using System.Diagnostics;
using System.Runtime.InteropServices;
using Migration.Worker.Hosting;

namespace Migration.Coordinator.Scaling.Local;

/// <summary>One worker process and its log.</summary>
internal sealed partial class LocalWorker : IDisposable
{
    private const int Terminate = 15;

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Lock _lock = new();

    private LocalWorker(Process process, StreamWriter log) => (_process, _log) = (process, log);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>The last thing it said.</summary>
    public string LastLine { get; private set; } = "nothing";

    public static LocalWorker Start(IReadOnlyDictionary<string, string?> connections, string logFile)
    {
        var info = LocalWorkers.StartInfo(["--exit-with-parent"]);
        foreach (var (name, value) in connections)
            info.Environment[name] = value;
        var log = new StreamWriter(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var worker = new LocalWorker(new Process { StartInfo = info }, log);
        worker._process.OutputDataReceived += (_, line) => worker.Write(line.Data);
        worker._process.ErrorDataReceived += (_, line) => worker.Write(line.Data);
        worker._process.Start();
        worker._process.BeginOutputReadLine();
        worker._process.BeginErrorReadLine();
        return worker;
    }

    public Task WaitForExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>For one that has exited: returns when all that it said has been read.</summary>
    public void HearOut() => _process.WaitForExit();

    /// <summary>SIGTERM: the batch in hand is committed, the rest handed back.</summary>
    public void AskToStop()
    {
        if (!_process.HasExited)
            _ = Kill(_process.Id, Terminate);
    }

    /// <summary>Waits for the grace period, then kills; the slice in hand is then given to another worker after its lease.</summary>
    public async Task StopAsync(TimeSpan gracePeriod)
    {
        try
        {
            await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(gracePeriod);
        }
        catch (TimeoutException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        lock (_lock)
            _log.Dispose();
    }

    private void Write(string? line)
    {
        if (line is null)
            return;
        lock (_lock)
        {
            if (line.Length > 0)
                LastLine = JsonLine.MessageOf(line);
            if (_log.BaseStream is { CanWrite: true })
                _log.WriteLine(line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
