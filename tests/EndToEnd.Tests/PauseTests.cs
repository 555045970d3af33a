using Migration.EndToEnd.Tests.Harness;
using Migration.Worker;

namespace Migration.EndToEnd.Tests;

/// <summary>A mistake in one collection's mapping, by which every record of it would be quarantined.</summary>
public sealed class PauseTests
{
    private const long Limit = 2_000;
    private const string Name = "      name: text\n";
    private const string Typo = "      name: { path: name.first, type: text }\n";
    private const string Customers = "  - name: customers\n";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--in-process")]
    [InlineData("--local")]
    public async Task The_collection_pauses_early_the_others_complete_and_once_mended_so_does_the_run(string place)
    {
        await using var bed = await CreateAsync();

        var first = bed.StartRun(place, "--log-folder", bed.Folder);
        await first.EndsWithAsync(ExitCode.Incomplete, Cancellation);

        Assert.Contains("customers is paused: ", first.Errors, StringComparison.Ordinal);
        Assert.Contains("maxQuarantined allows 2,000. Most of them for:\n  ", first.Errors, StringComparison.Ordinal);
        Assert.Contains("column 'name'", first.Errors, StringComparison.Ordinal);
        Assert.Contains("INCOMPLETE: customers: paused: ", first.Output, StringComparison.Ordinal);
        Assert.InRange(await QuarantinedAsync(bed), Limit + 1, 3 * Limit);
        Assert.Equal(0, await OpenSlicesAsync(bed, "<> 'customers'"));
        Assert.InRange(await OpenSlicesAsync(bed, "= 'customers'"), 1, long.MaxValue);

        // Nothing was mended: it is told so, and stops at once.
        var before = await QuarantinedAsync(bed);
        var second = bed.StartRun(place, "--log-folder", bed.Folder);
        await second.EndsWithAsync(ExitCode.Incomplete, Cancellation);
        Assert.Contains("customers goes on; it was paused: ", second.Output, StringComparison.Ordinal);
        Assert.Contains("the next one pauses it again", second.Output, StringComparison.Ordinal);
        Assert.InRange(await QuarantinedAsync(bed), before, before + Limit);

        await bed.EditAsync(Typo, Name, Cancellation);
        await bed.StartCoordinator("replay", bed.Run, "--quarantine", "--file", bed.MigrationFile, place, "--log-folder", bed.Folder)
            .EndsWithAsync(ExitCode.Incomplete, Cancellation);
        var last = bed.StartRun(place, "--log-folder", bed.Folder);
        await last.EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.DoesNotContain("is paused", last.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_raised_limit_lets_a_run_go_on_to_its_end()
    {
        await using var bed = await CreateAsync();
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Incomplete, Cancellation);

        await bed.EditAsync(Customers, Customers + "    maxQuarantined: 100%\n", Cancellation);
        var again = bed.StartRun("--in-process");
        await again.EndsWithAsync(ExitCode.Done, Cancellation);

        Assert.DoesNotContain("the next one pauses it again", again.Output, StringComparison.Ordinal);
        Assert.Equal(20_000, await QuarantinedAsync(bed));
    }

    [Fact]
    public async Task Slices_by_hand_stop_as_well_and_say_why()
    {
        await using var bed = await CreateAsync();
        await bed.EditAsync(Customers, Customers + "    maxQuarantined: 1%\n", Cancellation);
        bed.Environment["MIGRATION_BROKER"] = null;

        var stopped = StartSlice(bed);
        await stopped.EndsWithAsync(ExitCode.Incomplete, Cancellation);
        Assert.Contains("customers is paused: ", stopped.Errors, StringComparison.Ordinal);
        Assert.Contains("maxQuarantined allows 200.", stopped.Errors, StringComparison.Ordinal);
        var before = await QuarantinedAsync(bed);
        await StartSlice(bed).EndsWithAsync(ExitCode.Incomplete, Cancellation);
        Assert.Equal(before, await QuarantinedAsync(bed));

        await bed.EditAsync("maxQuarantined: 1%", "maxQuarantined: 20000", Cancellation);
        await StartSlice(bed).EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.Equal(20_000, await QuarantinedAsync(bed));
    }

    private static RunningProgram StartSlice(TestBed bed) => bed.StartWorkerProgram(
        "slice", bed.MigrationFile, "--name", bed.Run, "--collection", "customers", "--offset", "0", "--limit", "20000");

    /// <summary>20,000 customers; the limit is the default, a tenth of them.</summary>
    private static async Task<TestBed> CreateAsync()
    {
        var shop = await ShopSource.DumpAsync(new(3_000, 20_000, 3_000), Cancellation);
        var bed = await TestBed.CreateAsync(shop, new ShopFile { SliceRecords = 500 }, Cancellation);
        await bed.EditAsync(Name, Typo, Cancellation);
        return bed;
    }

    private static Task<long> QuarantinedAsync(TestBed bed)
        => bed.Ledger.NumberAsync("sum(quarantined) FILTER (WHERE s.collection = 'customers')", Cancellation);

    private static Task<long> OpenSlicesAsync(TestBed bed, string collection)
        => bed.Ledger.NumberAsync($"count(*) FILTER (WHERE s.collection {collection} AND s.state <> 'completed')", Cancellation);
}
