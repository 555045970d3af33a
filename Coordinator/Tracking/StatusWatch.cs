using Migration.Contracts.Ledger;
using Migration.Worker;
using Npgsql;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Migration.Coordinator.Tracking;

/// <summary>Looks again and again. A ledger that is away for a while is waited for.</summary>
internal sealed class StatusWatch(NpgsqlDataSource target, IAnsiConsole console, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Shows the run's progress until it is over.</summary>
    /// <exception cref="UserException">There is no ledger, or no run of this name in it.</exception>
    public async Task FollowAsync(string name, CancellationToken cancellationToken)
    {
        var run = await new RunFinder(target).FindAsync(name, cancellationToken);
        var progress = new ProgressLedger(target);
        await using var view = new ProgressView(console, run, new WorkerLedger(target), RunStatus.Lease(run), time);
        await RepeatAsync(
            async () =>
            {
                var current = await new RunFinder(target).FindAsync(name, cancellationToken);
                await view.ShowAsync(await progress.ByCollectionAsync(run.Id, cancellationToken), cancellationToken);
                return current.State is RunState.Planning or RunState.Running;
            },
            cancellationToken);
    }

    /// <summary>Hands out the run's status until it is over, and once then.</summary>
    public Task FollowAsync(string name, Action<RunStatus> show, CancellationToken cancellationToken)
        => RepeatAsync(
            async () =>
            {
                var status = await RunStatus.BuildAsync(target, name, cancellationToken);
                show(status);
                return status.Report.IsUnderWay;
            },
            cancellationToken);

    /// <summary>Hands out all runs until cancelled.</summary>
    public Task FollowAllAsync(Action<IReadOnlyList<RunSummary>> show, CancellationToken cancellationToken)
        => RepeatAsync(
            async () =>
            {
                show(await RunSummary.ListAsync(target, cancellationToken));
                return true;
            },
            cancellationToken);

    /// <summary>Shows all runs until cancelled: in place on a terminal, one table after the other elsewhere.</summary>
    public Task ShowAllAsync(CancellationToken cancellationToken)
    {
        if (!LiveArea.CanBeOn(console))
            return FollowAllAsync(runs => console.Write(RunStatusText.Table(runs)), cancellationToken);
        var area = new LiveArea(console);
        return FollowAllAsync(runs => area.Show(Lines(RunStatusText.Table(runs))), cancellationToken);
    }

    private IReadOnlyList<IReadOnlyList<Segment>> Lines(Table table)
        => [.. Segment.SplitLines(table.GetSegments(console)).Take(Math.Max(1, console.Profile.Height - 1))];

    private async Task RepeatAsync(Func<Task<bool>> look, CancellationToken cancellationToken)
    {
        while (await LookAsync(look))
            await Task.Delay(Interval, time, cancellationToken);
    }

    private static async Task<bool> LookAsync(Func<Task<bool>> look)
    {
        try
        {
            return await look();
        }
        catch (NpgsqlException e) when (TransientRetry.IsTransient(e))
        {
            return true;
        }
    }
}
