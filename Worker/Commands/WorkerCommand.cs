using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Worker.Hosting;
using Migration.Worker.Probes;

namespace Migration.Worker.Commands;

/// <summary><c>worker</c>: takes slices until told to stop or the run is over.</summary>
internal static class WorkerCommand
{
    private static readonly Option<string?> Run = new("--run")
    {
        Description = "Work for this run only, and end with it (default: $MIGRATION_RUN, else every run of the ledger)",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("MIGRATION_RUN"),
    };

    private static readonly Option<bool> ExitWithParent = new("--exit-with-parent")
    {
        Description = "Stop when standard input closes, as it does when the process that started this one ends",
    };

    public static RootCommand Create()
    {
        var root = new RootCommand("Takes slices of a run from the queue and migrates them to PostgreSQL.")
        {
            Connections.Broker, Connections.Target, Connections.Source, Run, ExitWithParent,
            PodOptions.HttpPort, PodOptions.Patience,
        };
        root.Subcommands.Add(SliceCommand.Create());
        root.SetAction(async (parsed, cancellationToken) => await ServeAsync(parsed, cancellationToken));
        return root;
    }

    private static async Task<int> ServeAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var broker = parsed.Require(Connections.Broker, Connections.BrokerVariable);
        var options = new WorkerOptions
        {
            Target = parsed.Require(Connections.Target, Connections.TargetVariable),
            Broker = broker,
            Source = parsed.Find(Connections.Source, Connections.SourceVariable),
            Run = parsed.GetValue(Run) is { Length: > 0 } run ? run : null,
        };
        var (port, limit) = (PodOptions.ReadHttpPort(parsed), PodOptions.ReadPatience(parsed));
        var health = new ProgramHealth(TimeProvider.System);
        await using var probes = await ProbeServer.StartAsync(port, health, cancellationToken);
        var host = Build(options, health, broker, parsed.GetValue(CommandLine.Debug));
        if (parsed.GetValue(ExitWithParent))
            StopAtEndOfInput(host.Services.GetRequiredService<IHostApplicationLifetime>());
        health.Start();
        var patience = new Patience(limit, health, host.Services.GetRequiredService<ILogger<Patience>>(), TimeProvider.System);
        var isFound = false;
        try
        {
            isFound = await FindServersAsync(host, patience, cancellationToken);
        }
        finally
        {
            if (!isFound)
                host.Dispose();
        }

        return isFound ? await RunAsync(host, cancellationToken) : Stopped(cancellationToken);
    }

    /// <summary>False when it was asked to stop while it waited for them.</summary>
    private static async Task<bool> FindServersAsync(IHost host, Patience patience, CancellationToken cancellationToken)
    {
        // The host hears of the parent's end while nothing of it has started yet.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        var options = host.Services.GetRequiredService<WorkerOptions>();
        var connections = host.Services.GetRequiredService<TargetConnections>();
        try
        {
            await patience.WaitForBrokerAsync(options.Broker!, stop.Token);
            await patience.WaitForTargetAsync(options.Target, token => LedgerSchema.EnsureAsync(connections.Ledger, token), stop.Token);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private static async Task<int> RunAsync(IHost host, CancellationToken cancellationToken)
    {
        var refusal = host.Services.GetRequiredService<WorkRefusal>();
        try
        {
            await HostRun.ToEndAsync(host, TimeProvider.System, cancellationToken);
        }
        catch (Exception e) when (refusal.Reason is not null && Failure.IsCancellation(e))
        {
            // It stopped while it started; why is what counts.
        }

        if (refusal.Reason is { } reason)
            throw reason;
        return Stopped(cancellationToken);
    }

    /// <summary>In an Indexed Job 0 says that this worker's number is done for good: one that was preempted would have no successor.</summary>
    private static int Stopped(CancellationToken cancellationToken)
        => cancellationToken.IsCancellationRequested && Environment.GetEnvironmentVariable(WindowOptions.CompletionIndex) is not null
            ? ExitCode.Interrupted
            : ExitCode.Done;

    private static IHost Build(WorkerOptions options, ProgramHealth health, string broker, bool debug)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddWorkerConsole(debug);
        builder.Services.AddSliceMigration(options, health).AddBroker(broker).AddRunWatcher();
        return builder.Build();
    }

    /// <summary>The parent holds the other end of standard input; it closes however the parent ends.</summary>
    private static void StopAtEndOfInput(IHostApplicationLifetime lifetime)
    {
        var thread = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            Span<byte> ignored = stackalloc byte[64];
            while (input.Read(ignored) > 0)
            {
            }

            lifetime.StopApplication();
        })
        { IsBackground = true, Name = "waits for the parent's end" };
        thread.Start();
    }
}
