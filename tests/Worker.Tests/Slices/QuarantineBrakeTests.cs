using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Slices;

public sealed class QuarantineBrakeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task The_first_quarantined_record_is_held_against_what_others_have_quarantined()
    {
        await using var lab = await CreateAsync(records: 100);
        await LimitAsync(lab, 5);
        await QuarantinedAsync(lab, 6);

        Assert.True(await Brake(lab).CountAsync(1, null, Cancellation));
    }

    [Fact]
    public async Task Batches_without_quarantined_records_ask_nothing()
    {
        await using var lab = await CreateAsync(records: 100);
        await LimitAsync(lab, 5);
        await QuarantinedAsync(lab, 6);

        Assert.False(await Brake(lab).CountAsync(0, null, Cancellation));
    }

    [Fact]
    public async Task Between_two_looks_a_second_passes()
    {
        await using var lab = await CreateAsync(records: 100);
        await LimitAsync(lab, 50);
        var brake = Brake(lab);
        await QuarantinedAsync(lab, 1);
        Assert.False(await brake.CountAsync(1, null, Cancellation));
        await QuarantinedAsync(lab, 60);

        Assert.False(await brake.CountAsync(1, null, Cancellation));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await brake.CountAsync(1, null, Cancellation));
    }

    [Fact]
    public async Task A_worker_that_alone_could_pass_the_limit_looks_at_once()
    {
        await using var lab = await CreateAsync(records: 100);
        await LimitAsync(lab, 50);
        var brake = Brake(lab);
        await QuarantinedAsync(lab, 20);
        Assert.False(await brake.CountAsync(20, null, Cancellation));
        await QuarantinedAsync(lab, 51);

        Assert.False(await brake.CountAsync(30, null, Cancellation));
        Assert.True(await brake.CountAsync(1, null, Cancellation));
    }

    [Fact]
    public async Task A_few_records_of_many_that_are_left_are_no_reason_to_look()
    {
        await using var lab = await CreateAsync(records: 100);
        await LimitAsync(lab, 50);
        var brake = Brake(lab);
        await QuarantinedAsync(lab, 1);
        await LimitAsync(lab, 5_001);
        Assert.False(await brake.CountAsync(1, null, Cancellation));
        await LimitAsync(lab, 0);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.False(await brake.CountAsync(4, null, Cancellation));
        Assert.True(await brake.CountAsync(1, null, Cancellation));
    }

    private QuarantineBrake Brake(SliceLab lab)
        => new(new PauseLedger(lab.Database.DataSource), lab.Run.Id, "numbers", _time, NullLogger.Instance);

    private static Task LimitAsync(SliceLab lab, long records)
        => new PauseLedger(lab.Database.DataSource).SetLimitAsync(lab.Run.Id, "numbers", new QuarantineLimit(records, 0), Cancellation);

    /// <summary>As if workers had committed so many in all.</summary>
    private static async Task QuarantinedAsync(SliceLab lab, int records)
    {
        await using var command = lab.Database.DataSource.CreateCommand($"UPDATE migration.slice SET read = {records}, quarantined = {records}");
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
