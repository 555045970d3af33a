using MassTransit;
using MassTransit.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Ledger;
using Migration.Contracts.Messages;
using Migration.Worker.Consumers;
using Migration.Worker.Hosting;
using Migration.Worker.Tests.Slices;
using Npgsql;

namespace Migration.Worker.Tests.Consumers;

public sealed class MigrateSliceConsumerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slice_is_migrated_and_told_of_with_its_counts()
    {
        await using var lab = await SliceLab.CreateAsync(records: 25);
        await using var services = Services(lab);
        var bus = await StartAsync(services);

        await SendAsync(bus, lab.Run, lab.Slice);

        var told = await FirstAsync<SliceCompleted>(bus);
        Assert.Equal((lab.Slice.RunId, "lab", "numbers", 0), (told.RunId, told.Run, told.Collection, told.Slice));
        Assert.Equal((25, 25, 0, 0), (told.Read, told.Written, told.Quarantined, told.Skipped));
        Assert.True(told.Seconds > 0);
        Assert.Equal(Enumerable.Range(0, 25), await lab.WrittenAsync());
    }

    [Fact]
    public async Task A_second_copy_of_the_message_only_repeats_the_news()
    {
        await using var lab = await SliceLab.CreateAsync(records: 25);
        await using var services = Services(lab);
        var bus = await StartAsync(services);
        await SendAsync(bus, lab.Run, lab.Slice);
        await FirstAsync<SliceCompleted>(bus);

        await SendAsync(bus, lab.Run, lab.Slice);

        Assert.Equal(2, await CountAsync<SliceCompleted>(bus, 2));
        Assert.Equal(Enumerable.Range(0, 25), await lab.WrittenAsync());
        Assert.Equal(1, (await lab.ProgressAsync()).Attempts);
    }

    [Fact]
    public async Task A_slice_that_a_live_worker_has_in_hand_is_left_to_it()
    {
        await using var lab = await SliceLab.CreateAsync(records: 25);
        var owner = lab.Worker(lab.Database.DataSource);
        await owner.Ledger.ClaimAsync(lab.Slice, message: null, redelivered: false, Cancellation);
        await using var services = Services(lab);
        var bus = await StartAsync(services);

        await SendAsync(bus, lab.Run, lab.Slice);

        Assert.True(await bus.Consumed.Any<MigrateSlice>(m => m.Exception is null, Cancellation));
        var slice = await lab.ProgressAsync();
        Assert.Equal((SliceState.Running, 0), (slice.State, slice.Counts.Read));
    }

    [Fact]
    public async Task A_slice_that_the_ledger_does_not_know_is_dropped()
    {
        await using var lab = await SliceLab.CreateAsync(records: 25);
        await using var services = Services(lab);
        var bus = await StartAsync(services);

        await SendAsync(bus, lab.Run, lab.Slice with { Number = 7 });

        Assert.True(await bus.Consumed.Any<MigrateSlice>(m => m.Exception is null, Cancellation));
        Assert.Empty(await lab.WrittenAsync());
    }

    [Fact]
    public async Task A_slice_that_its_collection_s_pause_stops_is_handed_back_and_not_sent_again()
    {
        await using var lab = await SliceLab.CreateAsync(records: 25);
        await new PauseLedger(lab.Database.DataSource).SetLimitAsync(lab.Run.Id, "numbers", new(0, 0), Cancellation);
        await using (var refuse = lab.Database.DataSource.CreateCommand("ALTER TABLE public.numbers ADD CHECK (id <> 3)"))
            await refuse.ExecuteNonQueryAsync(Cancellation);
        await using var services = Services(lab);
        var bus = await StartAsync(services);

        await SendAsync(bus, lab.Run, lab.Slice);
        Assert.True(await bus.Consumed.Any<MigrateSlice>(m => m.Exception is null, Cancellation));
        await SendAsync(bus, lab.Run, lab.Slice);
        Assert.Equal(2, await CountConsumedAsync(bus, 2));

        var slice = await lab.ProgressAsync();
        Assert.Equal((SliceState.Queued, new SliceCounts(10, 9, 1, 0), 0), (slice.State, slice.Counts, slice.Attempts));
        Assert.Equal(2, bus.Sent.Select<MigrateSlice>(Cancellation).Count());
    }

    [Fact]
    public async Task A_slice_that_fails_every_time_gives_up_with_its_reason_and_ends_in_the_error_queue()
    {
        await using var lab = await SliceLab.CreateAsync(records: 25, maxAttempts: 2);
        await using var services = Services(lab);
        var bus = await StartAsync(services);
        var dump = await File.ReadAllBytesAsync(lab.DumpFile, Cancellation);
        var firstTen = 10 * BitConverter.ToInt32(dump);
        await File.WriteAllBytesAsync(lab.DumpFile, dump[..(firstTen + 7)], Cancellation);

        await SendAsync(bus, lab.Run, lab.Slice);

        var told = await FirstAsync<SliceFailed>(bus);
        // The first attempt got ten records further before it failed, so it does not count as one that moved nothing.
        Assert.Equal(3, told.Attempts);
        var slice = await lab.ProgressAsync();
        Assert.Equal(SliceState.Failed, slice.State);
        Assert.Equal(told.Error, slice.Error);
        Assert.Contains("numbers.bson", slice.Error, StringComparison.Ordinal);
        Assert.True(await bus.Consumed.Any<MigrateSlice>(m => m.Exception is not null, Cancellation));
        Assert.Equal(slice.Counts.Written, (await lab.WrittenAsync()).Count);
    }

    [Fact]
    public async Task A_batch_that_cannot_be_written_in_time_becomes_smaller_ones()
    {
        await using var lab = await SliceLab.CreateAsync(records: 25, batchRecords: 25);
        await using (var trigger = lab.Database.DataSource.CreateCommand(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF (SELECT count(*) FROM fresh) > 8 THEN PERFORM pg_sleep(2.1); RAISE 'too slow' USING ERRCODE = 'query_canceled'; END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER slow AFTER INSERT ON public.numbers REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION slow();
            """))
            await trigger.ExecuteNonQueryAsync(Cancellation);
        await using var services = Services(lab);
        var bus = await StartAsync(services);

        await SendAsync(bus, lab.Run, lab.Slice);

        Assert.Equal((25, 0), (await FirstAsync<SliceCompleted>(bus) is var told ? (told.Written, told.Quarantined) : default));
        Assert.Equal(25, (await lab.WrittenAsync()).Count);
    }

    [Fact]
    public async Task An_attempt_at_a_slice_of_a_run_that_is_complete_ends_at_once_and_leaves_the_slice_as_it_is()
    {
        await using var lab = await SliceLab.CreateAsync(records: 25);
        var worker = lab.Worker(lab.Database.DataSource);
        await using var services = Services(lab, worker);
        var bus = await StartAsync(services);
        await using var owner = await lab.Database.DataSource.OpenConnectionAsync(Cancellation);
        await using var hold = await owner.BeginTransactionAsync(Cancellation);
        await using (var table = new NpgsqlCommand("LOCK TABLE public.numbers", owner, hold))
            await table.ExecuteNonQueryAsync(Cancellation);
        await SendAsync(bus, lab.Run, lab.Slice);
        await using (var waits = lab.Database.DataSource.CreateCommand("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"))
        {
            while (await waits.ExecuteScalarAsync(Cancellation) is 0L)
                await Task.Delay(20, Cancellation);
        }

        await worker.CompleteAsync();

        Assert.True(await bus.Consumed.Any<MigrateSlice>(m => m.Exception is null, Cancellation));
        var slice = await lab.ProgressAsync();
        Assert.Equal((SliceState.Running, 0, (string?)null), (slice.State, slice.Counts.Read, slice.Error));
    }

    private static ServiceProvider Services(SliceLab lab, RunContext? runAs = null)
    {
        var worker = runAs ?? lab.Worker(lab.Database.DataSource);
        var inHand = new SlicesInHand();
        return new ServiceCollection()
            .AddSingleton<IHostApplicationLifetime>(new NoLifetime())
            .AddMassTransitTestHarness(TextWriter.Null, bus =>
            {
                bus.DisableUsageTelemetry();
                bus.UsingInMemory((context, memory) => memory.ReceiveEndpoint(
                    RunTopology.Slices(lab.Run),
                    endpoint => endpoint.Consumer(() => new MigrateSliceConsumer(
                        worker, new WorkerIdentity(Guid.NewGuid(), "host:1"), inHand, new DrainSignal(),
                        new WorkRefusal(context.GetRequiredService<IHostApplicationLifetime>()), TimeProvider.System,
                        NullLogger<MigrateSliceConsumer>.Instance))));
            })
            .BuildServiceProvider(validateScopes: true);
    }

    private static async Task<ITestHarness> StartAsync(ServiceProvider services)
    {
        var harness = services.GetRequiredService<ITestHarness>();
        harness.TestTimeout = TimeSpan.FromMinutes(1);
        harness.TestInactivityTimeout = TimeSpan.FromSeconds(30);
        await harness.Start();
        return harness;
    }

    private static async Task SendAsync(ITestHarness bus, RunRecord run, SliceId slice)
    {
        var endpoint = await bus.Bus.GetSendEndpoint(RunTopology.SlicesAddress(run, broker: false));
        await endpoint.Send(
            new MigrateSlice(slice.RunId, "lab", slice.Collection, slice.Number, 0, 25), Cancellation);
    }

    private static async Task<T> FirstAsync<T>(ITestHarness bus)
        where T : class
    {
        Assert.True(await bus.Published.Any<T>(Cancellation));
        return bus.Published.Select<T>(Cancellation).First().Context.Message;
    }

    /// <summary>Waits until there are so many.</summary>
    private static async Task<int> CountConsumedAsync(ITestHarness bus, int count)
    {
        var found = 0;
        await foreach (var _ in bus.Consumed.SelectAsync<MigrateSlice>(Cancellation))
        {
            if (++found == count)
                break;
        }

        return found;
    }

    private static async Task<int> CountAsync<T>(ITestHarness bus, int count)
        where T : class
    {
        var found = 0;
        await foreach (var _ in bus.Published.SelectAsync<T>(Cancellation))
        {
            if (++found == count)
                break;
        }

        return found;
    }

    private sealed class NoLifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
