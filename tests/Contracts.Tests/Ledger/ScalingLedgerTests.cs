using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class ScalingLedgerTests
{
    [Fact]
    public async Task A_run_has_no_number_of_workers_before_a_coordinator_says_one()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();
        var scaling = new ScalingLedger(ledger.Target);

        Assert.Equal(new ScalingRecord(null, null, null, null), await scaling.FindAsync(run.Id, Cancellation));
        Assert.False(await scaling.WantAsync(run.Id, 5, Cancellation));
        Assert.Null((await scaling.FindAsync(run.Id, Cancellation))!.Wanted);
        Assert.Null(await scaling.FindAsync(Guid.NewGuid(), Cancellation));
    }

    [Fact]
    public async Task What_was_said_last_holds_whether_it_was_configured_or_asked_for()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();
        var scaling = new ScalingLedger(ledger.Target);

        Assert.Equal(100, await ConfigureAsync(100));
        Assert.True(await scaling.WantAsync(run.Id, 7, Cancellation));
        Assert.Equal(7, await ConfigureAsync(100));
        Assert.Equal(200, await ConfigureAsync(200));
        Assert.True(await scaling.WantAsync(run.Id, 0, Cancellation));
        Assert.Equal(
            new ScalingRecord(WorkerPlace.Kubernetes, 200, 0, null), await scaling.FindAsync(run.Id, Cancellation));

        Task<int?> ConfigureAsync(int workers)
            => scaling.ConfigureAsync(run.Id, WorkerPlace.Kubernetes, workers, Cancellation);
    }

    [Theory]
    [InlineData(WorkerPlace.InProcess)]
    [InlineData(WorkerPlace.External)]
    public async Task Workers_that_are_not_the_coordinators_to_start_cannot_be_asked_for(WorkerPlace place)
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();
        var scaling = new ScalingLedger(ledger.Target);
        await scaling.ConfigureAsync(run.Id, WorkerPlace.Local, 2, Cancellation);

        Assert.Null(await scaling.ConfigureAsync(run.Id, place, null, Cancellation));

        Assert.False(await scaling.WantAsync(run.Id, 5, Cancellation));
        Assert.Equal(new ScalingRecord(place, null, null, null), await scaling.FindAsync(run.Id, Cancellation));
    }

    [Fact]
    public async Task A_note_stands_until_it_is_taken_back_or_the_workers_are_elsewhere()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();
        var scaling = new ScalingLedger(ledger.Target);
        await scaling.ConfigureAsync(run.Id, WorkerPlace.Kubernetes, 300, Cancellation);

        await scaling.NoteAsync(run.Id, "60 of 300 run; no room\0.", Cancellation);
        Assert.Equal("60 of 300 run; no room\u2400.", (await scaling.FindAsync(run.Id, Cancellation))!.Note);
        await scaling.ConfigureAsync(run.Id, WorkerPlace.Kubernetes, 200, Cancellation);
        Assert.NotNull((await scaling.FindAsync(run.Id, Cancellation))!.Note);
        await scaling.ConfigureAsync(run.Id, WorkerPlace.Local, 200, Cancellation);
        Assert.Null((await scaling.FindAsync(run.Id, Cancellation))!.Note);
        await scaling.NoteAsync(run.Id, "again", Cancellation);
        await scaling.NoteAsync(run.Id, null, Cancellation);
        Assert.Null((await scaling.FindAsync(run.Id, Cancellation))!.Note);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10_001)]
    public async Task A_number_that_is_no_number_of_workers_is_refused_by_the_database(int workers)
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();
        var scaling = new ScalingLedger(ledger.Target);
        await scaling.ConfigureAsync(run.Id, WorkerPlace.Local, 1, Cancellation);

        await Assert.ThrowsAsync<PostgresException>(() => scaling.WantAsync(run.Id, workers, Cancellation));
        await Assert.ThrowsAsync<PostgresException>(() => scaling.ConfigureAsync(run.Id, WorkerPlace.Local, workers, Cancellation));
    }

    [Fact]
    public async Task A_run_that_was_started_by_an_older_version_goes_on_without_a_number()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync();
        await ledger.ExecuteAsync(
            """
            ALTER TABLE migration.run DROP COLUMN worker_place, DROP COLUMN workers_configured, DROP COLUMN workers_wanted,
                DROP COLUMN scaling_note
            """);

        using var sql = new StreamReader(
            typeof(LedgerSchema).Assembly.GetManifestResourceStream("Migration.Contracts.Ledger.Sql.0003_scaling.sql")!);
        await ledger.ExecuteAsync(await sql.ReadToEndAsync(Cancellation));

        Assert.Equal(
            new ScalingRecord(null, null, null, null), await new ScalingLedger(ledger.Target).FindAsync(run.Id, Cancellation));
    }

    [Fact]
    public async Task Whether_a_coordinator_drives_the_run_can_be_seen_without_taking_its_lock()
    {
        await using var ledger = await CreateAsync();

        Assert.False(await RunLock.IsHeldAsync(ledger.Target, "shop", Cancellation));
        await using (await RunLock.AcquireAsync(ledger.ConnectionString, "shop", "host:1", Cancellation))
        {
            Assert.True(await RunLock.IsHeldAsync(ledger.Target, "shop", Cancellation));
            Assert.False(await RunLock.IsHeldAsync(ledger.Target, "shop-2", Cancellation));
        }
    }
}
