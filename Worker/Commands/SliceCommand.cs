using System.CommandLine;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.HandSlices;
using Migration.Worker.Hosting;
using Migration.Worker.Probes;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker.Commands;

/// <summary>
/// <c>worker slice FILE --collection C --number N --size M</c>, or <c>--offset O --limit L</c>: one slice by hand, with the
/// ledger and without a broker. As many of these as it takes, side by side or one after the other, migrate a collection.
/// </summary>
internal static class SliceCommand
{
    /// <summary>One holds the planning lock, one plans or writes, one beats.</summary>
    private const int Connections = 3;

    private static readonly Argument<string> File = new("FILE") { Description = "The migration file (YAML)" };
    private static readonly Option<string> Collection = new("--collection") { Description = "The collection's name", Required = true };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "The run that the slice belongs to (default: the file's name)",
    };

    public static Command Create()
    {
        var command = new Command("slice", "Migrate one slice by hand, without a broker") { File, Collection, Name, PodOptions.Patience };
        WindowOptions.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) => await MigrateAsync(parsed, cancellationToken));
        return command;
    }

    private static async Task<int> MigrateAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var window = WindowOptions.Read(parsed, Environment.GetEnvironmentVariable);
        var limit = PodOptions.ReadPatience(parsed);
        var file = MigrationFileLoader.Load(parsed.GetValue(File)!, Environment.GetEnvironmentVariable);
        var collection = file.Collections.FirstOrDefault(c => c.Name == parsed.GetValue(Collection))
            ?? throw new UserException(
                $"The migration file has no collection '{parsed.GetValue(Collection)}'; it has "
                + string.Join(", ", file.Collections.Select(c => $"'{c.Name}'")) + ".");

        using var loggers = LoggerFactory.Create(logging => logging.AddWorkerConsole(parsed.GetValue(CommandLine.Debug)));
        var health = new ProgramHealth(TimeProvider.System);
        await using var target = Open(file);
        await new Patience(limit, health, loggers.CreateLogger<Patience>(), TimeProvider.System)
            .WaitForTargetAsync(file.Target.Uri, token => LedgerSchema.EnsureAsync(target, token), cancellationToken);
        await using (var connection = await target.OpenConnectionAsync(cancellationToken))
            await TargetTables.EnsureAllAsync(connection, [collection], cancellationToken);

        var worker = WorkerIdentity.Create();
        var runs = new RunLedger(target);
        var run = await new RunOpener(runs).OpenAsync(parsed.GetValue(Name) ?? file.Name, file, cancellationToken);
        if (run.State == RunState.Planning)
            await runs.StartAsync(run.Id, cancellationToken);
        await using var context = new RunContext(
            run, file, usesBroker: false, target, worker, TimeProvider.System, loggers.CreateLogger<SliceMigrator>());
        var slices = await new HandPlan(target, context).FindAsync(collection.Name, window, cancellationToken);
        if (slices.Count == 0)
            await JsonLine.SayAsync($"{collection.Name} ends before {window}; nothing to do.");
        return await new HandMigration(target, context, worker, health, TimeProvider.System, loggers).MigrateAsync(slices, cancellationToken);
    }

    private static NpgsqlDataSource Open(MigrationFile file)
        => WorkerSession.Open(new NpgsqlConnectionStringBuilder(ConnectionText.ToNpgsql(file.Target.Uri)) { MinPoolSize = 0, MaxPoolSize = Connections });
}
