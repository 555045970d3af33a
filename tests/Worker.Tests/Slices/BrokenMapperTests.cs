using Migration.Contracts.Ledger;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Slices;

public sealed class BrokenMapperTests
{
    private static readonly AsyncLocal<string?> Breaking = new();

    [Fact]
    public async Task A_record_that_the_mapper_throws_at_is_quarantined_with_the_exceptions_type_and_its_neighbours_are_in()
    {
        // Every test's mapper passes here; only this test's flow of control has a record to break.
        ProtocolPoint.Observer = (point, id) =>
        {
            if (point == ProtocolPoint.BeforeMap && Breaking.Value is { } record && id.Contains(record, StringComparison.Ordinal))
                throw new InvalidCastException("no such cast");
        };
        await using var lab = await CreateAsync(records: 3);
        Breaking.Value = "\"1\"";

        var worker = lab.Worker(lab.Database.DataSource);
        var claim = Assert.IsType<ClaimOutcome.Granted>(await worker.Ledger.ClaimAsync(lab.Slice, message: null, redelivered: false, Cancellation)).Claim;
        var attempt = await worker.AttemptAsync("numbers", Cancellation);
        var end = await attempt.MakeAsync(claim, CancellationToken.None, Cancellation);

        Assert.Equal(new SliceCounts(3, 2, 1, 0), end.Claim.Counts);
        Assert.Equal([0, 2], await lab.WrittenAsync());
        var failures = await new FailureLedger(lab.Database.DataSource).QuarantineAsync(lab.Run.Id, FailureGrouping.Cause, Cancellation);
        var group = Assert.Single(failures.Groups);
        Assert.Equal(("map", null, "System.InvalidCastException"), (group.Stage, group.SqlState, group.Exception));
        Assert.Contains("a fault of the program: no such cast (InvalidCastException).", group.Message, StringComparison.Ordinal);
    }
}
