#pragma warning disable IDE0005 // The chaos tests, which compile this file as well, have it everywhere.
using Migration.EndToEnd.Tests.Harness;
#pragma warning restore IDE0005
using Npgsql;

namespace Migration.EndToEnd.Tests.Oracles;

/// <summary>Conservation, by SQL over the ledger: slice by slice, and their sums against the source.</summary>
internal sealed class SliceLaws(NpgsqlDataSource target, ShopSource shop, string run, int poisoned)
{
    private const string BrokenSlices =
        """
        WITH s AS (
            SELECT s.*, sum(record_limit) OVER (PARTITION BY collection ORDER BY record_offset, number) - record_limit AS before
            FROM migration.slice s JOIN migration.run r ON r.id = s.run_id WHERE r.name = $1)
        SELECT format('%s, slice %s (%s): offset %s after %s records, limit %s, read %s, written %s, quarantined %s, skipped %s, in quarantine %s',
                      collection, number, state, record_offset, before, record_limit, read, written, quarantined, skipped, q.n)
        FROM s, LATERAL (SELECT count(*) AS n FROM migration.quarantine q
                         WHERE q.run_id = s.run_id AND q.collection = s.collection AND q.slice = s.number
                           AND q.resolved_at IS NULL) q
        WHERE state <> 'completed' OR read <> written + quarantined + skipped OR read <> record_limit
           OR record_offset <> before OR quarantined <> q.n OR skipped <> 0
        LIMIT 5
        """;

    private const string Sums =
        """
        SELECT c.keys, sum(s.record_limit)::bigint, sum(s.read)::bigint, sum(s.written)::bigint, sum(s.quarantined)::bigint
        FROM migration.collection c JOIN migration.run r ON r.id = c.run_id
        JOIN migration.slice s ON s.run_id = c.run_id AND s.collection = c.name
        WHERE r.name = $1 AND c.name = $2 GROUP BY c.keys
        """;

    public async Task CheckAsync(List<string> differences, CancellationToken cancellation)
    {
        await using (var broken = Command(BrokenSlices))
        await using (var rows = await broken.ExecuteReaderAsync(cancellation))
        {
            while (await rows.ReadAsync(cancellation))
                differences.Add(rows.GetString(0));
        }

        if (await new LedgerView(target, run).StateAsync(cancellation) is not "completed" and var state)
            differences.Add($"the run's state is '{state}'");
        await CheckSumsAsync("products", shop.Counts.Products, shop.Counts.Bad + poisoned, differences, cancellation);
        await CheckSumsAsync("customers", shop.Counts.Customers, 0, differences, cancellation);
        await CheckSumsAsync("orders", shop.Counts.Orders, 0, differences, cancellation);
    }

    private async Task CheckSumsAsync(
        string collection, long count, long bad, List<string> differences, CancellationToken cancellation)
    {
        await using var command = Command(Sums, collection);
        await using var row = await command.ExecuteReaderAsync(cancellation);
        long[] expected = [count, count, count, count - bad, bad];
        long[] actual = await row.ReadAsync(cancellation) ? [.. Enumerable.Range(0, 5).Select(row.GetInt64)] : [];
        if (!expected.SequenceEqual(actual))
            differences.Add($"{collection}: keys, limits, read, written, quarantined are {string.Join(", ", actual)}; expected {string.Join(", ", expected)}");
    }

    private NpgsqlCommand Command(string sql, params string[] more)
    {
        var command = target.CreateCommand(sql);
        foreach (var value in more.Prepend(run))
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}
