using Migration.Contracts.Ledger;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Slices;

/// <summary>What tests do with a lab's slices: claim them, and make one attempt.</summary>
internal static class Attempts
{
    public static async Task<SliceClaim> ClaimAsync(RunContext worker, SliceId slice, bool redelivered = false)
        => Assert.IsType<ClaimOutcome.Granted>(
            await worker.Ledger.ClaimAsync(slice, message: null, redelivered, Cancellation)).Claim;

    /// <summary>One attempt at the slice, claim included.</summary>
    public static async Task<SliceEnd> MigrateAsync(RunContext worker, SliceId slice, bool redelivered = false)
        => await MigrateAsync(worker, await ClaimAsync(worker, slice, redelivered));

    public static async Task<SliceEnd> MigrateAsync(RunContext worker, SliceClaim claim)
        => await (await worker.AttemptAsync("numbers", Cancellation)).MakeAsync(claim, CancellationToken.None, Cancellation);

    public static async Task ExecuteAsync(SliceLab lab, string sql)
    {
        await using var command = lab.Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    public static async Task<T> ScalarAsync<T>(SliceLab lab, string sql) => (await ColumnAsync<T>(lab, sql)).Single();

    public static async Task<List<T>> ColumnAsync<T>(SliceLab lab, string sql)
    {
        await using var command = lab.Database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var values = new List<T>();
        while (await reader.ReadAsync(Cancellation))
            values.Add(reader.GetFieldValue<T>(0));
        return values;
    }
}
