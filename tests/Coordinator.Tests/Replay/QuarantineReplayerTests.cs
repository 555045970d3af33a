using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Replay;
using Migration.Coordinator.Tests.Tracking;
using Migration.Worker;
using Migration.Worker.Enrichment;
using MongoDB.Bson;

namespace Migration.Coordinator.Tests.Replay;

/// <summary>Records of two slices go from quarantine into a real table.</summary>
public sealed class QuarantineReplayerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ConflictAction.Fail, "0: 7 + 0 + 3", "1: 9 + 0 + 1", "1:-, 2:-, 7:there")]
    [InlineData(ConflictAction.Skip, "0: 7 + 1 + 2", "1: 9 + 0 + 1", "1:-, 2:-, 7:there")]
    [InlineData(ConflictAction.Overwrite, "0: 8 + 0 + 2", "1: 9 + 0 + 1", "1:-, 2:-, 7:-")]
    public async Task Each_slice_is_told_its_own_written_and_skipped(ConflictAction onConflict, string first, string second, string rows)
    {
        await using var ledger = await QuarantinedAsync();
        var run = (await new RunLedger(ledger.Target).FindAsync("shop", Cancellation))!;
        var replay = await new ReplayLedger(ledger.Target).StartAsync(run.Id, "all", "hash", Cancellation);

        var total = new ReplayedRecords();
        await Replayer(ledger, run, onConflict).ReplayAsync(replay, null, 100, total.Add, Cancellation);

        Assert.Equal([first, second], await TextsAsync(ledger, Counts));
        Assert.Equal(rows, Assert.Single(await TextsAsync(ledger, Rows)));
        var open = onConflict == ConflictAction.Fail ? "not a document|read, text|map, 7|write, text|map" : "not a document|read, text|map, text|map";
        Assert.Equal(open, Assert.Single(await TextsAsync(ledger, Open)));
    }

    [Fact]
    public async Task A_rehearsal_says_what_would_come_of_each_cause_and_changes_nothing()
    {
        await using var ledger = await QuarantinedAsync();
        var run = (await new RunLedger(ledger.Target).FindAsync("shop", Cancellation))!;
        var before = await TextsAsync(ledger, Counts + " UNION ALL " + Rows + " UNION ALL " + Open);

        var rehearsal = new ReplayedRecords();
        await Replayer(ledger, run, ConflictAction.Skip).ReplayAsync(null, null, 100, rehearsal.Add, Cancellation);

        Assert.Equal((6, 2, 1, 3), (rehearsal.Tried, rehearsal.Written, rehearsal.Skipped, rehearsal.RefusedCount));
        Assert.Equal((5, 2), rehearsal.ByOldCause["old"]);
        Assert.Equal((1, 1), rehearsal.ByOldCause["torn"]);
        var (count, sample) = rehearsal.Refused.Values.OrderByDescending(cause => cause.Count).First();
        Assert.Equal((2, "map", "id"), (count, sample.Stage, sample.Column));
        Assert.Equal(before, await TextsAsync(ledger, Counts + " UNION ALL " + Rows + " UNION ALL " + Open));
    }

    [Fact]
    public async Task Replayed_records_go_through_enrichment_and_those_that_it_refuses_stay()
    {
        await using var ledger = await QuarantinedAsync();
        var run = (await new RunLedger(ledger.Target).FindAsync("shop", Cancellation))!;
        var replay = await new ReplayLedger(ledger.Target).StartAsync(run.Id, "all", "hash", Cancellation);

        var total = new ReplayedRecords();
        await Replayer(ledger, run, ConflictAction.Skip, new NoteStep()).ReplayAsync(replay, null, 100, total.Add, Cancellation);

        Assert.Equal(["0: 6 + 1 + 3", "1: 9 + 0 + 1"], await TextsAsync(ledger, Counts));
        Assert.Equal("2:note 2, 7:there", Assert.Single(await TextsAsync(ledger, Rows)));
        Assert.Equal("not a document|read, text|map, 1|enrich, text|map", Assert.Single(await TextsAsync(ledger, Open)));
    }

    private const string Counts =
        "(SELECT format('%s: %s + %s + %s', number, written, skipped, quarantined) FROM migration.slice ORDER BY number)";

    private const string Rows =
        "(SELECT string_agg(format('%s:%s', id, coalesce(note, '-')), ', ' ORDER BY id) FROM public.products)";

    private const string Open =
        "(SELECT string_agg(format('%s|%s', record_id, stage), ', ' ORDER BY id) FROM migration.quarantine WHERE resolved_at IS NULL)";

    private sealed class NoteStep : IRowStep
    {
        public int Batch => 10;

        public Task EnrichAsync(IReadOnlyList<EnrichedRow> rows, CancellationToken cancellationToken)
        {
            foreach (var record in rows)
            {
                if (record.Get("id") is 1L)
                    record.Refuse("note", null, "not this one");
                else
                    record.Set("note", $"note {record.Get("id")}", "A test");
            }

            return Task.CompletedTask;
        }

        public void Dispose()
        {
        }
    }

    private static QuarantineReplayer Replayer(TestLedger ledger, RunRecord run, ConflictAction onConflict, IRowStep? step = null)
    {
        var file = StoredMigrationFile.FromStoredJson(run.File);
        var note = new ColumnMapping("note", ["note"], new ColumnType(ColumnKind.Text), Required: false, Line: 2);
        var mapping = file.Collections[0] with { OnConflict = onConflict, Columns = [.. file.Collections[0].Columns, note] };
        return new QuarantineReplayer(
            run, new CollectionRows(mapping, step is null ? null : new RowEnrichment(mapping, [step], new RecordSlots(4), TimeProvider.System)), "hash", ledger.Target, TimeProvider.System, NullLogger<QuarantineReplayer>.Instance);
    }

    /// <summary>
    /// Slice 0: no document at all, an id that is text, 7 (which the table holds already) and 1. Slice 1: 2, and an id that
    /// is text.
    /// </summary>
    private static async Task<TestLedger> QuarantinedAsync()
    {
        var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync();
        await ledger.ExecuteAsync(
            """
            CREATE TABLE public.products (id int8 PRIMARY KEY, note text);
            INSERT INTO public.products VALUES (7, 'there');
            UPDATE migration.slice SET state = 'completed', finished_at = clock_timestamp(), read = 10,
                quarantined = CASE number WHEN 0 THEN 4 ELSE 2 END, written = CASE number WHEN 0 THEN 6 ELSE 8 END
            """);
        await QuarantineAsync(ledger, 0, "not a document", [1, 2, 3], "read", "torn");
        await QuarantineAsync(ledger, 0, "text", new BsonDocument("_id", "x").ToBson());
        await QuarantineAsync(ledger, 0, "7", new BsonDocument("_id", 7).ToBson());
        await QuarantineAsync(ledger, 0, "1", new BsonDocument("_id", 1).ToBson());
        await QuarantineAsync(ledger, 1, "2", new BsonDocument("_id", 2).ToBson());
        await QuarantineAsync(ledger, 1, "text", new BsonDocument("_id", "y").ToBson());
        return ledger;
    }

    private static Task QuarantineAsync(
        TestLedger ledger, int slice, string name, byte[] document, string stage = "map", string fingerprint = "old")
        => ledger.ExecuteAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            INSERT INTO migration.quarantine (run_id, collection, slice, record_id, document, stage, message, fingerprint, file_hash)
            SELECT id, 'products', {slice}, '{name}', '\x{Convert.ToHexString(document)}', '{stage}', 'was', '{fingerprint}', 'h' FROM migration.run
            """));

    private static async Task<List<string>> TextsAsync(TestLedger ledger, string sql)
    {
        await using var command = ledger.Target.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var texts = new List<string>();
        while (await reader.ReadAsync(Cancellation))
            texts.Add(reader.GetString(0));
        return texts;
    }
}
