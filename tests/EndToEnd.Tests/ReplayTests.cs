using Migration.EndToEnd.Tests.Harness;
using Migration.Worker;

namespace Migration.EndToEnd.Tests;

/// <summary>A run that quarantined or gave up, mended and replayed, by the programs as a user would start them.</summary>
public sealed class ReplayTests
{
    private const long Products = 3_000;

    /// <summary>Every product's name is longer than that.</summary>
    private const string Narrow = "sku: { type: varchar(3), required: true }";

    private const string Wide = "sku: { type: text, required: true }";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_that_a_narrow_column_refused_come_in_with_a_mended_file_and_table()
    {
        await using var bed = await CreateAsync();
        await bed.EditAsync(Wide, Narrow, Cancellation);
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.Equal(Products, await bed.Ledger.NumberAsync("sum(quarantined)", Cancellation));
        var failures = await SaysAsync(bed, "failures", bed.Run);
        Assert.Contains("column 'sku', SQLSTATE 22001", failures, StringComparison.Ordinal);
        var cause = await TextAsync(bed, "SELECT fingerprint FROM migration.quarantine WHERE column_name = 'sku' LIMIT 1");
        Assert.Contains($"cause {cause}", failures, StringComparison.Ordinal);

        // The file alone is not enough: the table is as it was.
        await bed.EditAsync(Narrow, Wide, Cancellation);
        var early = bed.StartCoordinator("replay", bed.Run, "--file", bed.MigrationFile);
        await early.EndsWithAsync(ExitCode.Configuration, Cancellation);
        Assert.Contains("column 'sku' is character varying(3), the migration file says text", early.Errors, StringComparison.Ordinal);
        await ExecuteAsync(bed, "ALTER TABLE shop.products ALTER sku TYPE text");

        var before = await TextAsync(bed, Everything);
        var rehearsal = await SaysAsync(bed, "replay", bed.Run, "--file", bed.MigrationFile, "--dry-run");
        Assert.Contains($"{Products - 10:N0} of {Products:N0} records would succeed now", rehearsal, StringComparison.Ordinal);
        Assert.Equal(before, await TextAsync(bed, Everything));

        var one = await SaysAsync(bed, "replay", bed.Run, "--file", bed.MigrationFile, "--cause", cause, "--limit", "1");
        Assert.Contains("1 records tried again = ", one, StringComparison.Ordinal);
        var said = await SaysAsync(bed, "replay", bed.Run, "--in-process");
        Assert.Contains("Replays:", said, StringComparison.Ordinal);

        // What remains is what the generator made unfit on purpose; the rest is as if it had never been refused.
        await new Oracles.Oracle(bed.Target, await ShopAsync(), bed.Run).CheckAsync(Cancellation);
        var again = bed.StartRun("--in-process");
        await again.EndsWithAsync(ExitCode.Done, Cancellation);
        Assert.Contains("is complete", again.Output, StringComparison.Ordinal);
    }

    [Theory]
    // The third batch is settled and not committed; a batch is committed and nobody was told.
    [InlineData("replay", "NEW.records > 1500")]
    [InlineData("replay", "NEW.finished_at IS NOT NULL")]
    public async Task A_replay_of_the_quarantine_that_is_killed_writes_no_record_twice(string table, string when)
    {
        await using var bed = await CreateAsync();
        await bed.EditAsync(Wide, Narrow, Cancellation);
        await bed.StartRun("--in-process").EndsWithAsync(ExitCode.Done, Cancellation);
        await bed.EditAsync(Narrow, Wide, Cancellation);
        await ExecuteAsync(bed, "ALTER TABLE shop.products ALTER sku TYPE text");

        await using (var gate = await Gate.CloseAsync(bed.Target, table, when, Cancellation))
        {
            var killed = bed.StartCoordinator("replay", bed.Run, "--quarantine", "--file", bed.MigrationFile);
            await gate.SomebodyWaitsAsync(Cancellation);
            await killed.KillAsync();
            await gate.OpenAsync(Cancellation);
        }

        await SaysAsync(bed, "replay", bed.Run, "--quarantine");

        await new Oracles.Oracle(bed.Target, await ShopAsync(), bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task What_cannot_be_replayed_is_one_clear_sentence()
    {
        await using var bed = await CreateAsync();
        bed.Environment["MIGRATION_BROKER"] = null;
        await bed.StartRun().EndsWithAsync(ExitCode.Done, Cancellation);

        await RefusesAsync(bed, ExitCode.Configuration, $"The ledger has no run 'x{bed.Run}', the nearest is '{bed.Run}'.", "x" + bed.Run);
        await RefusesAsync(bed, ExitCode.Configuration, $"Run '{bed.Run}' has no collection 'product', the nearest is 'products'", bed.Run, "--collection", "product");
        await RefusesAsync(bed, ExitCode.Configuration, $"Nothing failed in run '{bed.Run}' for a cause with fingerprint 'c0ffee'", bed.Run, "--cause", "c0ffee");
        await RefusesAsync(bed, ExitCode.Configuration, "--limit 0: give a number from 1 on.", "--limit", "0");
        Assert.Contains(
            "No record of the selection is in quarantine.",
            await SaysAsync(bed, "replay", "--quarantine", "--collection", "orders"), StringComparison.Ordinal);
        Assert.Contains("1 records tried again = 0 written + 0 skipped + 1 refused once more", await SaysAsync(bed, "replay", "--limit", "1"), StringComparison.Ordinal);

        await bed.EditAsync("table: shop.orders", "table: shop.others", Cancellation);
        await RefusesAsync(bed, ExitCode.Refused, "collections.orders.table: \"shop\".\"orders\" -> \"shop\".\"others\"", "--file", bed.MigrationFile);
        await bed.EditAsync("table: shop.others", "table: shop.orders", Cancellation);

        await using var runLock = await Contracts.Ledger.RunLock.AcquireAsync(
            TestServers.PostgresUri.ToConnectionString(new Uri(bed.Environment["MIGRATION_TARGET"]!)), bed.Run, "somebody:1", Cancellation);
        await RefusesAsync(bed, ExitCode.Refused, $"Run '{bed.Run}' is driven by coordinator somebody:1", bed.Run);
        await SaysAsync(bed, "replay", "--dry-run");
    }

    private static async Task RefusesAsync(TestBed bed, int exitCode, string sentence, params string[] arguments)
    {
        var program = bed.StartCoordinator(["replay", .. arguments]);
        await program.EndsWithAsync(exitCode, Cancellation);
        Assert.Contains(sentence, program.Errors, StringComparison.Ordinal);
        Assert.InRange(program.Errors.Trim().Split('\n').Length, 1, 4);
    }

    /// <summary>So many that each kill leaves some on both sides; MIGRATION_E2E_DEAD_LETTERS asks for more.</summary>
    [Fact]
    public async Task Thousands_of_dead_letters_survive_a_replayer_that_is_killed_twice()
    {
        var products = Environment.GetEnvironmentVariable("MIGRATION_E2E_DEAD_LETTERS") is { Length: > 0 } text
            ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
            : 1_000;
        var shop = await ShopSource.DumpAsync(new(products, 10, 10), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, new ShopFile { SliceRecords = 1, Slices = 8, MaxAttempts = 1 }, Cancellation);
        await Contracts.Ledger.LedgerSchema.EnsureAsync(bed.Target, Cancellation);
        await ExecuteAsync(bed, Obstacle);
        await bed.StartRun("--local", "--log-folder", bed.Folder).EndsWithAsync(ExitCode.Incomplete, Cancellation, LongEnough);
        Assert.Equal(products, await bed.Ledger.NumberAsync("count(*) FILTER (WHERE s.state = 'failed')", Cancellation));
        var errors = await bed.FindQueueAsync(Cancellation) + "_error";
        Assert.Equal((uint)products, await CountAsync(bed, errors));
        Assert.Contains(FormattableString.Invariant($"{products:N0} × products"), await SaysAsync(bed, "failures", bed.Run), StringComparison.Ordinal);
        await ExecuteAsync(bed, "DROP TRIGGER obstacle ON migration.slice");
        await SendForeignAsync(bed, errors);

        // In the ledger again, no message sent; then: sent and confirmed, not noted, the dead letters not acknowledged.
        await KillAsync(bed, $"OLD.state = 'failed' AND NEW.state = 'planned' AND NEW.number = {await SomeUnsentAsync(bed)}");
        await KillAsync(bed, $"OLD.state = 'planned' AND NEW.state = 'queued' AND NEW.number = {await SomeUnsentAsync(bed)}");

        var replay = bed.StartCoordinator("replay", bed.Run, "--dead-letters", "--local", "--log-folder", bed.Folder);
        await replay.EndsWithAsync(ExitCode.Done, Cancellation, LongEnough);

        await new Oracles.Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
        Assert.Equal(products, await NumberAsync(bed, "SELECT sum(slices)::bigint FROM migration.replay"));
        Assert.Contains("1 message left in the error queue, not for this run: not to be read here (text/plain)", replay.Output, StringComparison.Ordinal);
        Assert.Equal(1u, await CountAsync(bed, errors));
        TestContext.Current.TestOutputHelper?.WriteLine(replay.Output);
    }

    private static readonly TimeSpan LongEnough = TimeSpan.FromMinutes(8);

    /// <summary>No attempt at a product gets through, for a reason that is neither a record's nor the configuration's.</summary>
    private const string Obstacle =
        """
        CREATE FUNCTION public.obstacle() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the test is in the way' USING ERRCODE = 'XX000'; END $$;
        CREATE TRIGGER obstacle BEFORE UPDATE ON migration.slice FOR EACH ROW
        WHEN (NEW.read > OLD.read AND NEW.collection = 'products') EXECUTE FUNCTION public.obstacle();
        """;

    private const string Everything =
        """
        SELECT md5(string_agg(t, '' ORDER BY t)) FROM (
            SELECT r::text FROM migration.run r UNION ALL SELECT s::text FROM migration.slice s
            UNION ALL SELECT q::text FROM migration.quarantine q UNION ALL SELECT p::text FROM shop.products p
            UNION ALL SELECT p::text FROM migration.replay p) AS rows(t)
        """;

    private static Task<ShopSource> ShopAsync() => ShopSource.DumpAsync(new(Products), Cancellation);

    private static async Task<TestBed> CreateAsync()
    {
        var bed = await TestBed.CreateAsync(await ShopAsync(), null, Cancellation);
        await bed.EditAsync("\nslices:\n", "\nlimits: { maxQuarantined: 100% }\n\nslices:\n", Cancellation);
        return bed;
    }

    /// <summary>Starts a replay, holds it at the update and kills it there.</summary>
    private static async Task KillAsync(TestBed bed, string when)
    {
        await using var gate = await Gate.CloseAsync(bed.Target, "slice", when, Cancellation);
        var replay = bed.StartCoordinator("replay", bed.Run, "--dead-letters", "--external");
        await gate.SomebodyWaitsAsync(Cancellation);
        await replay.KillAsync();
        await gate.OpenAsync(Cancellation);
    }

    /// <summary>A slice that no replay has sent yet, from the middle of them; it may have been revived.</summary>
    private static Task<long> SomeUnsentAsync(TestBed bed) => NumberAsync(
        bed,
        """
        SELECT number::bigint FROM migration.slice WHERE state IN ('failed', 'planned') ORDER BY number
        OFFSET (SELECT count(*) / 2 FROM migration.slice WHERE state IN ('failed', 'planned')) LIMIT 1
        """);

    private static async Task SendForeignAsync(TestBed bed, string queue)
        => await bed.OnBrokerAsync(
            async channel => await channel.BasicPublishAsync(
                "", queue, mandatory: true, new RabbitMQ.Client.BasicProperties { ContentType = "text/plain" }, "not ours"u8.ToArray(), Cancellation),
            Cancellation);

    private static async Task<uint> CountAsync(TestBed bed, string queue)
    {
        var count = 0u;
        await bed.OnBrokerAsync(async channel => count = await channel.MessageCountAsync(queue, Cancellation), Cancellation);
        return count;
    }

    private static async Task<string> SaysAsync(TestBed bed, params string[] arguments)
    {
        var program = bed.StartCoordinator(arguments);
        await program.EndsWithAsync(ExitCode.Done, Cancellation);
        return program.Output;
    }

    private static async Task<long> NumberAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static async Task<string> TextAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    private static async Task ExecuteAsync(TestBed bed, string sql)
    {
        await using var command = bed.Target.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
