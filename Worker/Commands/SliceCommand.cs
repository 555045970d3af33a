using System.CommandLine;
using Microsoft.Extensions.Logging;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.HandSlices;
using Migration.Worker.Hosting;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker.Commands;

/// <summary>
/// <c>worker slice FILE --collection C --offset O --limit L</c>: one slice by hand, with the ledger and without a
/// broker. As many of these as it takes, side by side or one after the other, migrate a collection.
/// </summary>
internal static class SliceCommand
{
    private static readonly Argument<string> File = new("FILE") { Description = "The migration file (YAML)" };
    private static readonly Option<string> Collection = new("--collection") { Description = "The collection's name", Required = true };
    private static readonly Option<long> Offset = new("--offset") { Description = "Records before the slice, in key order", Required = true };
    private static readonly Option<long> Limit = new("--limit") { Description = "Records in the slice", Required = true };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "The run that the slice belongs to (default: the file's name)",
    };

    public static Command Create()
    {
        var command = new Command("slice", "Migrate one slice by hand, without a broker") { File, Collection, Offset, Limit, Name };
        command.SetAction(async (parsed, cancellationToken) => await MigrateAsync(parsed, cancellationToken));
        return command;
    }

    private static async Task<int> MigrateAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = MigrationFileLoader.Load(parsed.GetValue(File)!, Environment.GetEnvironmentVariable);
        var window = new SliceWindow(parsed.GetValue(Offset), parsed.GetValue(Limit));
        window.Check();
        var collection = file.Collections.FirstOrDefault(c => c.Name == parsed.GetValue(Collection))
            ?? throw new UserException(
                $"The migration file has no collection '{parsed.GetValue(Collection)}'; it has "
                + string.Join(", ", file.Collections.Select(c => $"'{c.Name}'")) + ".");

        await using var target = NpgsqlDataSource.Create(ConnectionText.ToNpgsql(file.Target.Uri));
        await LedgerSchema.EnsureAsync(target, cancellationToken);
        await using (var connection = await target.OpenConnectionAsync(cancellationToken))
            await TargetTables.EnsureAllAsync(connection, [collection], cancellationToken);

        using var loggers = LoggerFactory.Create(logging => logging.AddWorkerConsole(parsed.GetValue(CommandLine.Debug)));
        var worker = WorkerIdentity.Create();
        var runs = new RunLedger(target);
        var run = await new RunOpener(runs).OpenAsync(parsed.GetValue(Name) ?? file.Name, file, cancellationToken);
        if (run.State == RunState.Planning)
            await runs.StartAsync(run.Id, cancellationToken);
        await using var context = new RunContext(
            run, file, usesBroker: false, target, worker, TimeProvider.System, loggers.CreateLogger<SliceMigrator>());
        var slices = await new HandPlan(target, context).FindAsync(collection.Name, window, cancellationToken);
        return await new HandMigration(target, context, worker, TimeProvider.System, loggers).MigrateAsync(slices, cancellationToken);
    }
}
