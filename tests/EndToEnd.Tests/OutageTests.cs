using Migration.Contracts.Ledger;
using Migration.EndToEnd.Tests.Harness;
using Migration.EndToEnd.Tests.Oracles;
using Migration.Worker.Consumers;
using RabbitMQ.Client;

namespace Migration.EndToEnd.Tests;

/// <summary>What a run needs goes away in its middle and comes back; nobody tells the run.</summary>
public sealed class OutageTests
{
    private static readonly ShopFile File = new() { RecordsPerSecond = 3_000 };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_whose_queue_is_purged_or_deleted_completes_by_itself(bool delete)
    {
        var shop = await ShopSource.DumpAsync(new(10_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, File, Cancellation);
        var coordinator = Start(bed);
        await bed.Ledger.ReachesAsync(shop.Records / 4, coordinator, Cancellation);

        var queue = await bed.FindQueueAsync(Cancellation);
        uint lost = 0;
        await bed.OnBrokerAsync(
            async channel => lost = delete
                ? await channel.QueueDeleteAsync(queue!, cancellationToken: Cancellation)
                : await channel.QueuePurgeAsync(queue!, Cancellation),
            Cancellation);

        Assert.True(lost > 0, "No message was lost, so nothing was tested.");
        await coordinator.EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    /// <summary>Then the broker tells no consumer that its queue is gone, and the new one's messages reach nobody.</summary>
    [Fact]
    public async Task A_run_whose_queue_is_deleted_and_made_again_at_once_completes_by_itself()
    {
        var shop = await ShopSource.DumpAsync(new(10_000), Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, File, Cancellation);
        var coordinator = Start(bed);
        await bed.Ledger.ReachesAsync(shop.Records / 4, coordinator, Cancellation);

        var queue = (await bed.FindQueueAsync(Cancellation))!;
        var run = await new RunLedger(bed.Target).FindAsync(bed.Run, Cancellation);
        await bed.OnBrokerAsync(
            async channel =>
            {
                await channel.QueueDeleteAsync(queue, ifUnused: false, ifEmpty: false, noWait: true, Cancellation);
                await channel.QueueDeclareAsync(
                    queue, durable: true, exclusive: false, autoDelete: false,
                    new Dictionary<string, object?>(RunTopology.SliceQueueArguments(run!)), cancellationToken: Cancellation);
                await channel.QueueBindAsync(queue, queue, "", cancellationToken: Cancellation);
            },
            Cancellation);

        await coordinator.EndsWithAsync(0, Cancellation, TimeSpan.FromMinutes(4));
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_run_goes_on_when_the_broker_is_stopped_and_started()
    {
        var shop = await ShopSource.DumpAsync(new(10_000), Cancellation);
        await using var broker = await PrivateServer.StartRabbitMqAsync(Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, File, Cancellation, rabbitMq: broker);
        var coordinator = Start(bed);
        await bed.Ledger.ReachesAsync(shop.Records / 4, coordinator, Cancellation);

        await broker.StopAsync(Cancellation);
        Assert.True(await bed.Ledger.ReadAsync(Cancellation) < shop.Records, "The run was over before the broker was.");
        await broker.StartAgainAsync(Cancellation);

        await coordinator.EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    [Fact]
    public async Task A_run_goes_on_when_the_target_crashes_and_comes_back()
    {
        var shop = await ShopSource.DumpAsync(new(10_000), Cancellation);
        await using var postgres = await PrivateServer.StartPostgresAsync(Cancellation);
        await using var bed = await TestBed.CreateAsync(shop, File, Cancellation, postgres: postgres);
        var coordinator = Start(bed);
        await bed.Ledger.ReachesAsync(shop.Records / 4, coordinator, Cancellation);

        await postgres.KillAsync(Cancellation);
        Assert.False(coordinator.HasExited, "The run was over before the server was.");
        await postgres.StartAgainAsync(Cancellation);

        await coordinator.EndsWithAsync(0, Cancellation);
        bed.Target.Clear();
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    /// <summary>Only a slice's last batch waits for the disk: here the server has lost others, and all that they wrote.</summary>
    [Fact]
    public async Task Batches_that_the_target_forgot_in_a_crash_are_migrated_again()
    {
        var shop = await ShopSource.DumpAsync(new(20_000), Cancellation);
        await using var postgres = await PrivateServer.StartPostgresAsync(Cancellation, forgetful: true);
        var file = File with { SliceRecords = 50_000, LeastSliceRecords = 50_000, BatchRecords = 100 };
        await using var bed = await TestBed.CreateAsync(shop, file, Cancellation, postgres: postgres);
        bed.Environment["MIGRATION_BROKER"] = null;
        var run = bed.StartRun("--in-process");

        // A heartbeat waits for the disk, and may have come last.
        var forgotten = 0L;
        for (var done = shop.Records / 10; forgotten == 0; done += shop.Records / 10)
        {
            await bed.Ledger.ReachesAsync(done, run, Cancellation);
            forgotten = await CrashAsync(bed, postgres, run);
        }

        await run.EndsWithAsync(0, Cancellation);
        await new Oracle(bed.Target, shop, bed.Run).CheckAsync(Cancellation);
    }

    /// <returns>Records that were committed before and are not any more.</returns>
    private static async Task<long> CrashAsync(TestBed bed, PrivateServer postgres, RunningProgram run)
    {
        run.StandStill();
        var before = await bed.Ledger.ReadAsync(Cancellation);
        await postgres.KillAsync(Cancellation);
        await postgres.StartAgainAsync(Cancellation);
        bed.Target.Clear();
        var after = await bed.Ledger.ReadAsync(Cancellation);
        run.Continue();
        return before - after;
    }

    private static RunningProgram Start(TestBed bed) => bed.StartRun("--local", "--log-folder", bed.Folder);
}
