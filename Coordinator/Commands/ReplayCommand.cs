using System.CommandLine;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Observing;
using Migration.Coordinator.Replay;
using Migration.Coordinator.Tracking;
using Migration.Worker;
using Migration.Worker.Commands;
using Migration.Worker.Hosting;
using Npgsql;

namespace Migration.Coordinator.Commands;

/// <summary><c>coordinator replay NAME</c>: what failed in a run is put back to work.</summary>
internal static class ReplayCommand
{
    private static readonly Argument<string?> Name = new("NAME")
    {
        Description = "The run's name; not needed where the ledger has a single run",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> DeadLetters = new("--dead-letters") { Description = "Slices that gave up (default: both kinds)" };
    private static readonly Option<bool> Quarantine = new("--quarantine") { Description = "Records in quarantine (default: both kinds)" };
    private static readonly Option<string?> Cause = new("--cause") { Description = "Of this cause only, as 'failures' lists it", HelpName = "FINGERPRINT" };
    private static readonly Option<string?> Collection = new("--collection", "-c") { Description = "Of this collection only" };
    private static readonly Option<long?> Limit = new("--limit") { Description = "At most so many slices, and so many records", HelpName = "N" };
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would succeed now, and change nothing" };

    private static readonly Option<string?> File = new("--file")
    {
        Description = "The mended migration file, which becomes the run's; without it the run's own is used",
        HelpName = "FILE",
    };

    public static Command Create()
    {
        var command = new Command("replay", "Put what failed in a run back to work: slices that gave up, records in quarantine")
        {
            Name, DeadLetters, Quarantine, Cause, Collection, Limit, DryRun, File, Connections.Target, Connections.Source, Connections.Broker,
            PodOptions.Patience,
        };
        WorkerPlaceOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                return await ReplayAsync(parsed, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw new UserException(
                    ExitCode.Interrupted, "Interrupted. What is committed stays; the same command again goes on with the rest.");
            }
        });
        return command;
    }

    private static async Task<int> ReplayAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (request, patience) = (Read(parsed), PodOptions.ReadPatience(parsed));
        var mended = parsed.GetValue(File) is { } path ? MigrationFileLoader.Load(path, Environment.GetEnvironmentVariable) : null;
        var uri = mended?.Target.Uri ?? parsed.Require(Connections.Target, Connections.TargetVariable);
        await using var target = NpgsqlDataSource.Create(ConnectionText.ToNpgsql(uri));
        var run = await new RunFinder(target).FindAsync(parsed.GetValue(Name), cancellationToken);
        await LedgerSchema.EnsureAsync(target, cancellationToken);
        var file = mended ?? StoredMigrationFile.FromStoredJson(run.File).WithConnections(
            parsed.Find(Connections.Source, Connections.SourceVariable), uri, parsed.Find(Connections.Broker, Connections.BrokerVariable));
        using var loggers = LoggerFactory.Create(logging => logging.AddWorkerConsole(parsed.GetValue(CommandLine.Debug)));
        using var observation = new RunObservation(patience, parsed.GetValue(CommandLine.Debug));
        using var replayer = new Replayer(
            WorkerPlaceOptions.Read(parsed, run.Name), request, run, file, mended, target, JsonLineWriter.Console(run.Name), loggers, observation);
        return await replayer.ReplayAsync(cancellationToken);
    }

    private static ReplayRequest Read(ParseResult parsed)
    {
        var (letters, quarantine) = (parsed.GetValue(DeadLetters), parsed.GetValue(Quarantine));
        var limit = parsed.GetValue(Limit);
        if (limit is < 1)
            throw new UserException($"--limit {limit}: give a number from 1 on.");
        var both = letters == quarantine;
        return new ReplayRequest(
            both || letters, both || quarantine, new FailureSelection(parsed.GetValue(Cause), parsed.GetValue(Collection)), limit,
            parsed.GetValue(DryRun));
    }
}
