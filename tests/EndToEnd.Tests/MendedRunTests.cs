using Migration.Contracts.Ledger;
using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;
using Migration.SampleShop;
using Migration.Worker;

namespace Migration.EndToEnd.Tests;

/// <summary>Runs whose mapping was wrong, brought to their end by a mended file and table.</summary>
public sealed class MendedRunTests
{
    private const long Products = 3_000;

    /// <summary>Every product's is longer than that.</summary>
    private const string Narrow = "sku: { type: varchar(3), required: true }";

    private const string Wide = "sku: { type: text, required: true }";
    private const string Unlimited = "limits: { maxQuarantined: 100% }\n\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_collection_that_paused_over_a_narrow_column_is_completed_by_a_replay()
    {
        await using var bed = await TestBed.CreateAsync(await ShopAsync(), null, Cancellation);
        await bed.EditAsync(Wide, Narrow, Cancellation);
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Incomplete, Cancellation);
        Assert.InRange(await bed.Ledger.NumberAsync("sum(quarantined)", Cancellation), 1_001, Products - 1);
        await bed.EditAsync(Narrow, Wide, Cancellation);
        await ExecuteAsync(bed, "ALTER TABLE shop.products ALTER sku TYPE text");

        await SaysAsync(bed, "replay", bed.Run, "--file", bed.MigrationFile, "--in-process");

        await new Oracle(bed.Target, await ShopAsync(), bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task Records_come_out_of_quarantine_though_the_source_is_gone()
    {
        await using var bed = await TestBed.CreateAsync(await ShopAsync(), null, Cancellation);
        var source = Path.Combine(bed.Folder, "source");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(bed.Environment["MIGRATION_SOURCE"]!, "shop")))
        {
            Directory.CreateDirectory(Path.Combine(source, "shop"));
            File.Copy(file, Path.Combine(source, "shop", Path.GetFileName(file)));
        }

        bed.Environment["MIGRATION_SOURCE"] = source;
        await bed.EditAsync(Wide, Narrow, Cancellation);
        await bed.EditAsync("collections:\n", Unlimited + "collections:\n", Cancellation);
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);
        await bed.EditAsync(Narrow, Wide, Cancellation);
        await ExecuteAsync(bed, "ALTER TABLE shop.products ALTER sku TYPE text");
        Directory.Delete(source, recursive: true);

        await SaysAsync(bed, "replay", bed.Run, "--quarantine", "--file", bed.MigrationFile);

        await new Oracle(bed.Target, await ShopAsync(), bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task Workers_that_go_on_take_the_mended_file_by_themselves()
    {
        await using var bed = await TestBed.CreateAsync(await ShopAsync(), new ShopFile { SliceRecords = 250, Slices = 1 }, Cancellation);
        await bed.EditAsync(Wide, Narrow, Cancellation);
        await bed.EditAsync("collections:\n", Unlimited + "collections:\n", Cancellation);
        await LedgerSchema.EnsureAsync(bed.Target, Cancellation);
        await using var gate = await Gate.CloseAsync(
            bed.Target, "slice", "NEW.read > OLD.read AND NEW.number = 2 AND NEW.collection = 'products'", Cancellation);
        var coordinator = bed.StartRun("--external");
        var worker = bed.StartWorker();
        await gate.SomebodyWaitsAsync(Cancellation);
        await coordinator.KillAsync();
        await bed.EditAsync(Narrow, Wide, Cancellation);
        await ExecuteAsync(bed, "ALTER TABLE shop.products ALTER sku TYPE text");

        var replay = bed.StartCoordinator("replay", bed.Run, "--quarantine", "--file", bed.MigrationFile, "--external");
        await Until.TrueAsync(
            "the worker has seen the mended file", () => Task.FromResult(worker.Errors.Contains("its migration file was mended", StringComparison.Ordinal)), Cancellation);
        await replay.EndsWithAsync(ExitCode.Incomplete, Cancellation);
        var resumed = bed.StartRun("--external");
        await gate.OpenAsync(Cancellation);
        await resumed.EndsWithAsync(ExitCode.Done, Cancellation);
        await worker.EndsWithAsync(ExitCode.Done, Cancellation);

        // The slice that it had in hand was committed as it had been mapped; of those behind only what no mapping takes is refused.
        Assert.InRange(await QuarantinedAsync(bed, "= 2"), 100, 250);
        Assert.InRange(await QuarantinedAsync(bed, "> 2"), 1, ShopCounts.DefaultBad);
        await SaysAsync(bed, "replay", bed.Run, "--quarantine");
        await new Oracle(bed.Target, await ShopAsync(), bed.Run).CheckAsync(Cancellation);
    }

    private static Task<ShopSource> ShopAsync() => ShopSource.DumpAsync(new(Products), Cancellation);

    private static Task<long> QuarantinedAsync(TestBed bed, string slice)
        => bed.Ledger.NumberAsync($"sum(quarantined) FILTER (WHERE s.collection = 'products' AND s.number {slice})", Cancellation);

    private static async Task SaysAsync(TestBed bed, params string[] arguments)
        => await bed.StartCoordinator(arguments).EndsWithAsync(ExitCode.Done, Cancellation);

    private static async Task ExecuteAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
