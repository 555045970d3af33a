using System.Globalization;
using Migration.Worker;

namespace Migration.Chaos.Tests;

/// <summary>
/// Keeps a run's programs going as an operator and Kubernetes would: whatever ends before the run is over is started
/// again, by the same command.
/// </summary>
internal sealed class Crew(Theatre theatre)
{
    private const int MostEnds = 60;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BeforeAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan WorkersEnd = TimeSpan.FromMinutes(1);

    private readonly List<RunningProgram> _workers = [];
    private readonly List<string> _ends = [];

    /// <summary>The coordinator said that the run is complete.</summary>
    public bool RunIsOver { get; private set; }

    /// <summary>Programs that ended early, in their order: <c>worker 137</c> and so on.</summary>
    public IReadOnlyList<string> Ends => _ends;

    public RunningProgram? Coordinator { get; private set; }

    public IReadOnlyList<RunningProgram> Workers => _workers;

    /// <exception cref="Xunit.Sdk.XunitException">A program ended in a way that no fault excuses, or the run does not end.</exception>
    public async Task SeeToTheEndAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            Coordinator = StartCoordinator();
            for (var i = 0; i < ExternalWorkers; i++)
                _workers.Add(StartWorker());
            while (!await IsOverAsync(patience.Token))
                await Task.Delay(Look, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Assert.Fail($"The run did not end within {Patience}.\n{Tail()}");
        }

        // Workers end by themselves now; a fault may have one stopped until it is let go.
        RunIsOver = true;
        foreach (var worker in _workers)
        {
            if (await worker.WaitAsync(cancellation, WorkersEnd) is not ExitCode.Done and var code)
                Excuse(worker, code);
        }
    }

    public string Tail() => string.Join('\n', _workers.Prepend(Coordinator!).Select(program => program.Tail(30)))
        + string.Join("", Directory.GetFiles(theatre.Bed.Folder, "worker-*.log").Select(
            log => $"\n--- {Path.GetFileName(log)}\n" + string.Join('\n', File.ReadLines(log).TakeLast(30))));

    private int ExternalWorkers => theatre.Schedule.Local ? 0 : theatre.Schedule.Workers;

    private async Task<bool> IsOverAsync(CancellationToken cancellation)
    {
        if (Coordinator!.HasExited)
        {
            var code = await Coordinator.WaitAsync(cancellation);
            if (code == ExitCode.Done)
                return true;
            await NoteAsync(Coordinator, code, cancellation);
            Coordinator = StartCoordinator();
        }

        for (var i = 0; i < _workers.Count; i++)
        {
            if (!_workers[i].HasExited || Coordinator.HasExited)
                continue;
            var code = await _workers[i].WaitAsync(cancellation);
            if (code == ExitCode.Done && await theatre.IsCompletedAsync(cancellation))
                continue;
            await NoteAsync(_workers[i], code, cancellation);
            _workers[i] = StartWorker();
        }

        return false;
    }

    private async Task NoteAsync(RunningProgram program, int code, CancellationToken cancellation)
    {
        Excuse(program, code);
        _ends.Add(string.Create(CultureInfo.InvariantCulture, $"{(program == Coordinator ? "coordinator" : "worker")} {code}"));
        Assert.True(_ends.Count <= MostEnds, $"Programs ended {MostEnds} times without an end of the run.\n{program.Tail(30)}");
        if (code is ExitCode.Unreachable or ExitCode.Refused)
            await Task.Delay(BeforeAgain, cancellation);
    }

    /// <summary>
    /// A server was away for long (3), or the former coordinator's session still stands (4). Whatever else ends a program
    /// before the run is over must have been done to it by a fault of this schedule.
    /// </summary>
    private void Excuse(RunningProgram program, int code)
    {
        int[] excused =
        [
            ExitCode.Unreachable, ExitCode.Refused,
            .. theatre.Schedule.Faults.SelectMany(fault => fault.ExcusedExitCodes(program == Coordinator ? ProgramKind.Coordinator : ProgramKind.Worker)),
        ];
        Assert.True(excused.Contains(code), $"'{program.Title}' ended with {code}, and no fault made it.\n{program.Tail(40)}");
    }

    private RunningProgram StartCoordinator()
        => theatre.Bed.Start(coordinator: true, Environment(ProgramKind.Coordinator), theatre.Schedule.Local
            ? ["--local", "--workers", theatre.Schedule.Workers.ToString(CultureInfo.InvariantCulture), "--log-folder", theatre.Bed.Folder]
            : ["--external"]);

    private RunningProgram StartWorker() => theatre.Bed.Start(coordinator: false, Environment(ProgramKind.Worker));

    private Dictionary<string, string?> Environment(ProgramKind program)
    {
        var environment = theatre.Links.Environment(program);
        var orders = theatre.Schedule.Faults.Select(fault => fault.Order).OfType<ChaosHook.ChaosOrder>().ToList();
        foreach (var (name, value) in theatre.Marks.Environment(orders))
            environment[name] = value;
        foreach (var (name, value) in theatre.Schedule.Faults.SelectMany(fault => fault.Environment))
            environment[name] = value;
        return environment;
    }
}
