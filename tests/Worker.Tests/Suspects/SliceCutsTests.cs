using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Ledger;
using Migration.Worker.Suspects;
using Migration.Worker.Tests.Slices;

namespace Migration.Worker.Tests.Suspects;

/// <summary>Cutting at random places: the parts read every record that was left once, in order.</summary>
public sealed class SliceCutsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1000, 993)]
    [InlineData(1000, 250)]
    [InlineData(16, 0)]
    [InlineData(9, 0)]
    [InlineData(8, 0)]
    [InlineData(7, 0)]
    [InlineData(3, 1)]
    [InlineData(2, 0)]
    public async Task Parts_hold_every_record_that_is_left_once(int records, int done)
    {
        await using var lab = await SliceLab.CreateAsync(records);
        var worker = lab.Worker(lab.Database.DataSource);
        var claim = await ClaimAsync(lab, worker, done);

        var parts = await CutAsync(worker, claim, batchBytes: 300);

        Assert.InRange(parts.Count, 2, 8);
        Assert.Equal(Enumerable.Range(done, records - done), await ReadAsync(worker, claim, parts));
        Assert.Equal(claim.Remaining, parts.Sum(part => part.Limit));
        Assert.True(parts.Max(part => part.Limit) <= (claim.Remaining + 7) / 8);
    }

    [Fact]
    public async Task A_single_record_that_is_left_is_one_part()
    {
        await using var lab = await SliceLab.CreateAsync(10);
        var worker = lab.Worker(lab.Database.DataSource);

        Assert.Single(await CutAsync(worker, await ClaimAsync(lab, worker, 9), batchBytes: 300));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(20)]
    [InlineData(3)]
    [InlineData(0)]
    public async Task Where_the_source_holds_other_than_planned_the_limits_still_are_the_plans(int planned)
    {
        await using var lab = await SliceLab.CreateAsync(10);
        var worker = lab.Worker(lab.Database.DataSource);
        var claim = (await ClaimAsync(lab, worker, 0)) with { Limit = planned };

        var parts = await CutAsync(worker, claim, batchBytes: 300);

        Assert.Equal(planned, parts.Sum(part => part.Limit));
        Assert.DoesNotContain(parts, part => part.Limit < 0);
        Assert.InRange(parts.Count, 5, 8);
        Assert.Equal(Enumerable.Range(0, 10), await ReadAsync(worker, claim, parts));
    }

    private static async Task<SliceClaim> ClaimAsync(SliceLab lab, RunContext worker, int done)
    {
        var claim = Assert.IsType<ClaimOutcome.Granted>(await worker.Ledger.ClaimAsync(lab.Slice, message: null, false, Cancellation)).Claim;
        if (done == 0)
            return claim;
        var source = await worker.SourceAsync("numbers", Cancellation);
        using var page = await source.ReadPageAsync(claim.Range, null, done, int.MaxValue, Cancellation);
        return claim with { Checkpoint = page.Last, Counts = new SliceCounts(done, done, 0, 0) };
    }

    private static async Task<IReadOnlyList<SlicePart>> CutAsync(RunContext worker, SliceClaim claim, int batchBytes)
        => await new SliceCuts(new PageReader(
            await worker.SourceAsync("numbers", Cancellation), worker.File.Worker with { BatchBytes = batchBytes }, new(null, TimeProvider.System),
            TimeProvider.System, NullLogger.Instance)).FindAsync(claim, new Pulse(), Cancellation);

    private static async Task<List<int>> ReadAsync(RunContext worker, SliceClaim claim, IReadOnlyList<SlicePart> parts)
    {
        var source = await worker.SourceAsync("numbers", Cancellation);
        var ids = new List<int>();
        for (var i = 0; i < parts.Count; i++)
        {
            var range = claim.Range with { First = i == 0 ? claim.Range.First : parts[i].First, Last = parts[i].Last };
            using var page = await source.ReadPageAsync(range, i == 0 ? claim.Checkpoint : null, int.MaxValue, int.MaxValue, Cancellation);
            Assert.True(page.IsFinal);
            ids.AddRange(page.Records.Select(record => BitConverter.ToInt32(record.Document.Span[9..])));
        }

        return ids;
    }
}
