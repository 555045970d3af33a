using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>
/// A target table without any key, so that it keeps every row that is ever committed to it, and the batches that are written
/// to it. The source's records are numbers; every fifth of them cannot be migrated.
/// </summary>
internal static class RecordTable
{
    public static bool IsBad(long record) => record % 5 == 3;

    public static Task CreateAsync(LedgerDatabase ledger) => ledger.ExecuteAsync("CREATE TABLE record (record bigint)");

    /// <summary>The first record that the claim has not done yet.</summary>
    public static long Next(SliceClaim claim) => claim.Offset + claim.Counts.Read;

    /// <summary>Writes rows and quarantine of the claim's next records, as many as <paramref name="size"/>; commits nothing.</summary>
    public static async Task<SliceCounts> WriteAsync(NpgsqlTransaction transaction, SliceClaim claim, long size)
    {
        var records = Enumerable.Range((int)Next(claim), (int)size).Select(n => (long)n).ToArray();
        var good = records.Where(record => !IsBad(record)).ToArray();
        await transaction.Connection!.ExecuteAsync("INSERT INTO record SELECT unnest($1)", Cancellation, good);
        var bad = records.Where(IsBad).Select(record => new QuarantinedRecord(
            $"{record}", new byte[] { 5, 0, 0, 0, 0 }, null, "map", null, null, "bad", "bad")).ToArray();
        await QuarantineLedger.AddAsync(transaction, claim.Id, "hash", bad, Cancellation);
        return new SliceCounts(size, good.Length, bad.Length, 0);
    }

    public static Task<SliceClaim> AdvanceAsync(NpgsqlTransaction transaction, SliceClaim claim, SliceCounts batch)
        => SliceLedger.AdvanceAsync(
            transaction, claim, At(Next(claim) + batch.Read - 1), batch, claim.Counts.Read + batch.Read == claim.Limit, Cancellation);
}
