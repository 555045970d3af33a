using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.TestServers;
using Migration.Worker.Targets;
using MongoDB.Bson;
using Npgsql;

namespace Migration.Worker.Tests.Slices;

/// <summary>A dump of numbered records, its run with one collection in the ledger of a database of its own, and a worker.</summary>
internal sealed class SliceLab : IAsyncDisposable
{
    private readonly string _dump;
    private readonly List<IAsyncDisposable> _owned = [];

    private SliceLab(PostgresDatabase database, string dump, MigrationFile file)
        => (Database, _dump, File) = (database, dump, file);

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public PostgresDatabase Database { get; }

    public MigrationFile File { get; }

    public RunRecord Run { get; private set; } = null!;

    public string DumpFile => _dump;

    /// <param name="records">Their <c>_id</c>s are 0, 1, 2, ....</param>
    /// <param name="enrich">Steps, each line indented by six; they may fill the columns <c>word</c> and <c>score</c>.</param>
    /// <param name="text">The field of that name; a numbered text by default.</param>
    /// <param name="textType">And its column's type.</param>
    /// <param name="columns">Further columns in place of <c>word</c> and <c>score</c>, a comma before each.</param>
    /// <param name="sliceRecords">Records of a slice; null for all in one.</param>
    /// <param name="worker">Further settings of a worker, a comma before each.</param>
    /// <param name="withParts">The field <c>text</c> is an array, which goes into the table <c>parts</c> as well.</param>
    /// <param name="partColumns">Further columns of that table, a comma before each.</param>
    public static async Task<SliceLab> CreateAsync(int records, int batchRecords = 10, int maxAttempts = 5, string? enrich = null, string? worker = null,
        Func<int, BsonValue>? text = null, string textType = "text", string? columns = null, int? sliceRecords = null, bool withParts = false, string partColumns = "")
    {
        var database = await Postgres.CreateDatabaseAsync(Cancellation);
        var dump = Path.Combine(Path.GetTempPath(), $"{database.Name}", "numbers.bson");
        Directory.CreateDirectory(Path.GetDirectoryName(dump)!);
        await using (var stream = System.IO.File.Create(dump))
        {
            for (var i = 0; i < records; i++)
                await stream.WriteAsync(new BsonDocument { ["_id"] = i, ["text"] = text?.Invoke(i) ?? "record " + i }.ToBson(), Cancellation);
        }

        var file = MigrationFileLoader.LoadText(
            $$"""
            name: lab
            source: { uri: "{{dump}}" }
            target: { uri: "{{database.Uri}}" }
            worker: { batchRecords: {{batchRecords}}{{worker}} }
            slices: { maxAttempts: {{maxAttempts}} }
            collections:
              - name: numbers
                primaryKey: id
                columns: { id: { path: _id, type: int4 }, text: "{{textType}}"{{(columns is not null ? columns + " }" : enrich?.Contains("word", StringComparison.Ordinal) != true ? " }" : ", word: { type: text, enriched: true }, score: { type: int4, enriched: true } }")}}
            """ + (enrich is null ? "" : $"\n    enrich:\n{enrich}\n")
                + (withParts ? $"\n    children:\n      - {{ path: text, table: parts, parentKey: id, columns: {{ part: {{ path: '.', type: text }}{partColumns} }} }}\n" : ""),
            dump, name => name.StartsWith("MIGRATION_TEST_", StringComparison.Ordinal) ? Environment.GetEnvironmentVariable(name) : null);
        var lab = new SliceLab(database, dump, file);
        await lab.PlanAsync(records, sliceRecords ?? records);
        return lab;
    }

    /// <param name="time">The machine's when left out.</param>
    public RunContext Worker(NpgsqlDataSource target, TimeProvider? time = null)
    {
        var worker = WorkerIdentity.Create();
        new WorkerLedger(Database.DataSource).RegisterAsync(worker.Id, worker.Name, Cancellation).GetAwaiter().GetResult();
        var context = new RunContext(Run, File, usesBroker: false, target, worker, time ?? TimeProvider.System, NullLogger.Instance);
        _owned.Add(context);
        return context;
    }

    public SliceId Slice => new(Run.Id, "numbers", 0);

    public async Task<SliceProgress> ProgressAsync()
        => (await new ProgressLedger(Database.DataSource).FindSliceAsync(Slice, Cancellation))!;

    /// <summary>The ids in the target, each as often as it is there.</summary>
    public async Task<List<int>> WrittenAsync()
    {
        await using var command = Database.DataSource.CreateCommand("SELECT id FROM public.numbers ORDER BY id");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var ids = new List<int>();
        while (await reader.ReadAsync(Cancellation))
            ids.Add(reader.GetInt32(0));
        return ids;
    }

    /// <summary>The parts in the target as <c>id.ordinal.part</c>, each as often as it is there.</summary>
    public async Task<List<string>> PartsAsync()
    {
        await using var command = Database.DataSource.CreateCommand("SELECT concat_ws('.', id, ordinal, part) FROM public.parts ORDER BY id, ordinal");
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var parts = new List<string>();
        while (await reader.ReadAsync(Cancellation))
            parts.Add(reader.GetString(0));
        return parts;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
            await owned.DisposeAsync();
        await Database.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_dump)!, recursive: true);
    }

    private async Task PlanAsync(int records, int sliceRecords)
    {
        await LedgerSchema.EnsureAsync(Database.DataSource, Cancellation);
        await using (var connection = await Database.DataSource.OpenConnectionAsync(Cancellation))
            await TargetTables.EnsureAllAsync(connection, File.Collections, Cancellation);

        // Without its key, the table would take a row twice: only the fence stands in the way.
        await using (var command = Database.DataSource.CreateCommand("ALTER TABLE public.numbers DROP CONSTRAINT numbers_pkey; ALTER TABLE IF EXISTS public.parts DROP CONSTRAINT parts_pkey"))
            await command.ExecuteNonQueryAsync(Cancellation);
        var runs = new RunLedger(Database.DataSource);
        Run = await new RunOpener(runs).OpenAsync("lab", File, Cancellation);
        await using var pipeline = await CollectionPipeline.OpenAsync(File, "numbers", Cancellation);
        var slices = new List<SlicePlan>();
        await foreach (var slice in pipeline.Source.CutAsync(sliceRecords, Cancellation))
            slices.Add(new SlicePlan(slice.Offset, slice.Limit, slice.Range));
        await new PlanLedger(Database.DataSource).AddSlicesAsync(Run.Id, "numbers", slices, records, null, Cancellation);
        await runs.StartAsync(Run.Id, Cancellation);
    }
}
