using System.Text;
using Migration.Contracts.Ledger;
using Npgsql;
using static Migration.Contracts.Tests.Ledger.LedgerDatabase;

namespace Migration.Contracts.Tests.Ledger;

public sealed class QuarantineLedgerTests
{
    private static readonly QuarantinedRecord Whole = new(
        """{"$numberInt":"7"}""", new byte[] { 5, 0, 0, 0, 0 }, """{"_id": 7}""", "map", "price", "22003", "too wide", "c0ffee");

    [Fact]
    public async Task A_record_is_kept_whole_with_the_reason()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();

        await AddAsync(ledger, slice, Whole);

        Assert.True(await ledger.ScalarAsync<bool>(
            """
            SELECT run_id = $1 AND collection = 'products' AND slice = 0 AND record_id = '{"$numberInt":"7"}'
               AND document = '\x0500000000' AND document_json->>'_id' = '7' AND stage = 'map' AND column_name = 'price'
               AND sqlstate = '22003' AND message = 'too wide' AND fingerprint = 'c0ffee' AND file_hash = 'hash'
               AND quarantined_at <= clock_timestamp()
            FROM migration.quarantine
            """,
            slice.RunId));
    }

    [Fact]
    public async Task What_is_not_known_is_null()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();

        await AddAsync(ledger, slice, Whole with { RecordId = null, DocumentJson = null, Column = null, SqlState = null });

        Assert.Equal(4, await ledger.ScalarAsync<int>(
            "SELECT num_nulls(record_id, document_json, column_name, sqlstate) FROM migration.quarantine"));
    }

    [Fact]
    public async Task A_nul_in_the_documents_text_is_kept()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        const string json = """{"_id":"a\u0000b","lone":"\ud800"}""";

        await AddAsync(ledger, slice, Whole with { RecordId = "\"a\\u0000b\"", DocumentJson = json });

        Assert.Equal(json, await ledger.ScalarAsync<string>("SELECT document_json::text FROM migration.quarantine"));
        Assert.Equal("\"a\\u0000b\"", await ledger.ScalarAsync<string>("SELECT record_id FROM migration.quarantine"));
    }

    [Fact]
    public async Task Text_that_postgresql_cannot_hold_does_not_keep_a_record_out_of_quarantine()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();

        await AddAsync(ledger, slice, Whole with
        {
            RecordId = "\"\udc00\"",
            DocumentJson = "{\"lone\":\"\ud800\",\"pair\":\"\ud83d\ude00\"}",
            Message = "value 'a\0b' does not fit",
        });

        Assert.Equal("\"\ufffd\"", await ledger.ScalarAsync<string>("SELECT record_id FROM migration.quarantine"));
        Assert.Equal(
            "{\"lone\":\"\ufffd\",\"pair\":\"\ud83d\ude00\"}",
            await ledger.ScalarAsync<string>("SELECT document_json::text FROM migration.quarantine"));
        Assert.Equal("value 'a\u2400b' does not fit", await ledger.ScalarAsync<string>("SELECT message FROM migration.quarantine"));
    }

    [Fact]
    public async Task A_document_of_16_MB_fits()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var document = new byte[16 * 1024 * 1024];
        new Random(1).NextBytes(document);
        var json = new StringBuilder(100_000_000).Append("{\"_id\":\"");
        for (var n = 0; n < 16_000_000; n++)
            json.Append("\\u0000");

        await AddAsync(ledger, slice, Whole with { Document = document, DocumentJson = json.Append("\"}").ToString() });

        Assert.Equal(document, await ledger.ScalarAsync<byte[]>("SELECT document FROM migration.quarantine"));
        Assert.Equal(json.Length, await ledger.ScalarAsync<int>("SELECT length(document_json::text) FROM migration.quarantine"));
    }

    [Fact]
    public async Task A_document_nested_a_thousand_deep_fits()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        var json = string.Concat(Enumerable.Repeat("{\"a\":", 1000)) + "1" + new string('}', 1000);

        await AddAsync(ledger, slice, Whole with { DocumentJson = json });

        Assert.Equal(json, await ledger.ScalarAsync<string>("SELECT document_json::text FROM migration.quarantine"));
    }

    [Fact]
    public async Task Records_of_a_batch_that_is_rolled_back_are_gone_with_it()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();
        await using (var connection = await ledger.Target.OpenConnectionAsync(Cancellation))
        await using (var transaction = await connection.BeginTransactionAsync(Cancellation))
            await QuarantineLedger.AddAsync(transaction, slice, "hash", [Whole, Whole], Cancellation);

        Assert.Empty(await ledger.Progress.CountQuarantineAsync(slice.RunId, Cancellation));
    }

    [Fact]
    public async Task No_record_writes_nothing()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();

        await AddAsync(ledger, slice);

        Assert.Empty(await ledger.Progress.CausesAsync(slice.RunId, 10, Cancellation));
    }

    [Fact]
    public async Task A_stage_that_is_none_is_refused()
    {
        await using var ledger = await CreateAsync();
        var slice = await ledger.PlanSliceAsync();

        var refused = await Assert.ThrowsAsync<PostgresException>(() => AddAsync(ledger, slice, Whole with { Stage = "guess" }));

        Assert.Equal("quarantine_stage_check", refused.ConstraintName);
    }

    [Fact]
    public async Task Causes_are_grouped_with_the_most_frequent_first_and_counted_by_collection()
    {
        await using var ledger = await CreateAsync();
        var run = await ledger.CreateRunAsync("shop", "products", "orders");
        await ledger.Plans.AddSlicesAsync(run.Id, "products", Slices(10), 10, null, Cancellation);
        await ledger.Plans.AddSlicesAsync(run.Id, "orders", Slices(10), 10, null, Cancellation);
        var rare = Whole with { Fingerprint = "rare", Stage = "write", Column = null, SqlState = "23505", Message = "twice", RecordId = null };
        await AddAsync(ledger, new SliceId(run.Id, "products", 0), Whole with { RecordId = "2" }, Whole with { RecordId = "1" }, rare);
        await AddAsync(ledger, new SliceId(run.Id, "orders", 0), Whole with { RecordId = "3" });

        var causes = await ledger.Progress.CausesAsync(run.Id, 10, Cancellation);

        Assert.Equal(new QuarantineCause("c0ffee", "products", "map", "price", "22003", 2, "too wide", "1"), causes[0]);
        Assert.Contains(new QuarantineCause("c0ffee", "orders", "map", "price", "22003", 1, "too wide", "3"), causes);
        Assert.Contains(new QuarantineCause("rare", "products", "write", null, "23505", 1, "twice", null), causes);
        Assert.Equal(3, causes.Count);
        Assert.Single(await ledger.Progress.CausesAsync(run.Id, 1, Cancellation));
        Assert.Equal(
            new Dictionary<string, long> { ["products"] = 3, ["orders"] = 1 },
            await ledger.Progress.CountQuarantineAsync(run.Id, Cancellation));
    }

    private static async Task AddAsync(LedgerDatabase ledger, SliceId slice, params QuarantinedRecord[] records)
    {
        await using var connection = await ledger.Target.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await QuarantineLedger.AddAsync(transaction, slice, "hash", records, Cancellation);
        await transaction.CommitAsync(Cancellation);
    }
}
