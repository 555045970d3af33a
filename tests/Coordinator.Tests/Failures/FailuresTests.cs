using System.Text.Json;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Commands;
using Migration.Coordinator.Failures;
using Migration.Coordinator.Tests.Tracking;
using Migration.Coordinator.Tracking;
using Migration.Worker;

namespace Migration.Coordinator.Tests.Failures;

public sealed class FailuresTests
{
    private const string Document = """{ "_id" : { "$numberInt" : "7" }, "name" : "[b]old[/] chair", "price" : { "$numberDecimal" : "1E+6111" } }""";

    [Fact]
    public async Task People_see_what_failed_why_an_example_and_what_to_type_next()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await FillAsync(ledger);

        var rows = (await ShowAsync(ledger)).Rows;

        Assert.Equal("Run shop: running", rows[0]);
        Assert.Equal(
            [
                "3 records in quarantine, by cause:", "",
                "  3 × products, stage map, column 'price', SQLSTATE 22003",
                "    numeric(18,2) cannot hold [it].",
                "    first at 2026-01-01 00:00:01, last at 2026-01-01 00:00:03 UTC",
                "    for example _id 1, in slice 0:",
                "    " + Document,
                "    > coordinator replay shop --cause f", "", "",
                "1 slice that gave up, by cause:", "",
                "  1 × products",
                "    the disk [sda] is full",
                "    at 2026-01-01 00:00:04 UTC",
                "    100 records left to do; for example slice 1, after 5 attempts",
                "    > coordinator replay shop --cause disk",
            ],
            rows.Skip(2).Take(17));
        Assert.StartsWith("Mend the cause first", rows[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_document_is_shortened_to_two_lines_and_it_is_said_where_the_whole_is()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await FillAsync(ledger);
        await ledger.ExecuteAsync(
            """UPDATE migration.quarantine SET document = '\x00', document_json = json_build_object('text', repeat('long ', 1000))""");

        var rows = (await ShowAsync(ledger, isTerminal: true)).Rows;

        var start = rows.ToList().FindIndex(row => row.StartsWith("    {\"text\"", StringComparison.Ordinal));
        Assert.EndsWith("…", rows[start + 1], StringComparison.Ordinal);
        Assert.StartsWith("    [1 B; the whole: --json, or migration.quarantine, id ", rows[start + 2], StringComparison.Ordinal);
        Assert.All(rows, row => Assert.InRange(row.Length, 0, 80));
    }

    [Fact]
    public async Task Bytes_that_are_no_document_are_said_to_be_none()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await FillAsync(ledger);
        await ledger.ExecuteAsync("UPDATE migration.quarantine SET record_id = NULL, document_json = NULL, document = '\\x010203'");

        var text = (await ShowAsync(ledger)).Text;

        Assert.Contains("a record of slice 0 whose _id cannot be read:", text, StringComparison.Ordinal);
        Assert.Contains("[its 3 B are no BSON document; they are in migration.quarantine, id ", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FailureGrouping.Collection, "  3 × products", "    > coordinator replay shop --quarantine --collection products", "    > coordinator replay shop --dead-letters --collection products")]
    [InlineData(FailureGrouping.Column, "  3 × products, column 'price'", "    > coordinator replay shop --cause f", "    > coordinator replay shop --cause disk")]
    [InlineData(FailureGrouping.Slice, "  3 × products, slice 0", "    > coordinator replay shop --cause f   # in every slice", "    > coordinator replay shop --cause disk   # in every slice")]
    public async Task Each_grouping_names_its_groups_and_the_commands_that_take_them(FailureGrouping by, params string[] expected)
    {
        await using var ledger = await TestLedger.CreateAsync();
        await FillAsync(ledger);

        var rows = (await ShowAsync(ledger, by)).Rows;

        Assert.All(expected, row => Assert.Contains(row, rows));
        Assert.Contains("    stage map, column 'price', SQLSTATE 22003", rows);
    }

    [Fact]
    public async Task A_group_of_several_causes_gets_a_command_for_the_most_frequent()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 95, quarantined: 5);
        await ledger.ExecuteAsync("UPDATE migration.quarantine SET fingerprint = 'f' || record_id");

        var rows = (await ShowAsync(ledger, FailureGrouping.Column)).Rows;

        Assert.Contains("    5 causes; the most frequent: stage map, column 'price', SQLSTATE 22003", rows);
        Assert.Equal(3, rows.Count(row => row.StartsWith("    > coordinator replay shop --cause f", StringComparison.Ordinal)));
        Assert.Contains("    > coordinator failures shop --by cause   # 2 more causes", rows);
    }

    [Fact]
    public async Task A_collections_name_is_quoted_for_the_shell()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await FillAsync(ledger);
        var listing = await BuildAsync(ledger, FailureGrouping.Collection);
        var odd = listing.Records.Groups[0] with { Collection = "it's $HOME" };

        Assert.Equal(
            [@"coordinator replay shop --quarantine --collection 'it'\''s $HOME'"],
            ReplayCommandLine.Of("shop", FailureGrouping.Collection, odd));
    }

    [Fact]
    public async Task Paused_collections_are_shown_with_the_reason()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync();
        await ledger.ExecuteAsync(
            "UPDATE migration.collection SET paused_at = timestamptz '2026-01-01 00:00:05Z', pause_reason = '12 [of] 100 records were quarantined'");

        var rows = (await ShowAsync(ledger)).Rows;

        Assert.Contains("1 paused collection, whose slices no worker takes:", rows);
        Assert.Contains("  products, since 2026-01-01 00:00:05 UTC: 12 [of] 100 records were quarantined", rows);
    }

    [Fact]
    public async Task Where_nothing_failed_it_is_said()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();

        var during = (await ShowAsync(ledger)).Rows;
        await new RunLedger(ledger.Target).CompleteAsync(run.Id, TestLedger.Cancellation);
        var after = (await ShowAsync(ledger)).Rows;

        Assert.Equal(["Run shop: running", "Nothing failed so far: no record is in quarantine, no slice gave up, no collection is paused."], during);
        Assert.Equal(["Run shop: completed", "Nothing waits for you: no record is in quarantine, no slice gave up, no collection is paused."], after);
    }

    [Fact]
    public async Task The_json_has_the_documented_names_and_whole_documents_of_any_depth()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await FillAsync(ledger);
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 200)) + $"\"{new string('x', 2 * FailureLedger.PreviewLength)}\"" + new string('}', 200);
        await ledger.ExecuteAsync($"UPDATE migration.quarantine SET document_json = '{deep}'");

        using var json = await JsonAsync(ledger);

        var root = json.RootElement;
        Assert.Equal(("shop", "running", "cause"), (Text(root, "run"), Text(root, "state"), Text(root, "by")));
        Assert.Equal((3, 1), (root.GetProperty("quarantined").GetInt64(), root.GetProperty("gaveUp").GetInt64()));
        var record = Assert.Single(root.GetProperty("records").EnumerateArray());
        Assert.Equal(("products", "map", "price", "22003", "1"), (Text(record, "collection"), Text(record, "stage"), Text(record, "column"), Text(record, "sqlState"), Text(record, "recordId")));
        Assert.Equal(deep, record.GetProperty("document").GetRawText());
        Assert.Equal("f", record.GetProperty("fingerprints")[0].GetString());
        var slice = Assert.Single(root.GetProperty("slices").EnumerateArray());
        Assert.Equal(("the disk [sda] is full", 1, 100L), (Text(slice, "error"), slice.GetProperty("slice").GetInt32(), slice.GetProperty("recordsLeft").GetInt64()));
        Assert.Empty(root.GetProperty("paused").EnumerateArray());
    }

    [Fact]
    public async Task The_json_says_null_where_the_bytes_are_no_document()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 99, quarantined: 1);

        using var json = await JsonAsync(ledger);

        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("records")[0].GetProperty("document").ValueKind);
    }

    [Fact]
    public async Task The_only_run_need_not_be_named_and_of_several_the_names_are_listed()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var none = await Assert.ThrowsAsync<UserException>(() => FindAsync(ledger, null));
        await ledger.StartRunAsync("first");
        Assert.Equal("first", (await FindAsync(ledger, null)).Name);
        await ledger.StartRunAsync("second");

        var several = await Assert.ThrowsAsync<UserException>(() => FindAsync(ledger, null));

        Assert.Equal("The ledger has no run yet; start one with 'coordinator run FILE'.", none.Message);
        Assert.Equal("The ledger has 2 runs; say which: 'second', 'first'.", several.Message);
        Assert.Equal(ExitCode.Configuration, several.Code);
        Assert.Contains("no run 'secund', the nearest is 'second'", (await Assert.ThrowsAsync<UserException>(() => FindAsync(ledger, "secund"))).Message, StringComparison.Ordinal);
    }

    /// <summary>Three records of one cause in slice 0, quarantined a second apart, and slice 1 given up.</summary>
    private static async Task FillAsync(TestLedger ledger)
    {
        await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 97, quarantined: 3);
        await ledger.FailAsync(1);
        await ledger.ExecuteAsync(
            $"""
            UPDATE migration.quarantine SET document_json = '{Document}',
                quarantined_at = timestamptz '2026-01-01 00:00:00Z' + record_id::int * interval '1 second';
            UPDATE migration.slice SET cause = 'disk', finished_at = timestamptz '2026-01-01 00:00:04Z' WHERE number = 1
            """);
    }

    private static Task<FailureListing> BuildAsync(TestLedger ledger, FailureGrouping by)
        => FailureListing.BuildAsync(ledger.Target, "shop", by, TestLedger.Cancellation);

    private static async Task<TestTerminal> ShowAsync(
        TestLedger ledger, FailureGrouping by = FailureGrouping.Cause, bool isTerminal = false)
    {
        var terminal = new TestTerminal(80, 100, isTerminal);
        FailuresText.Write(terminal.Console, await BuildAsync(ledger, by));
        return terminal;
    }

    private static async Task<JsonDocument> JsonAsync(TestLedger ledger)
    {
        var listing = await BuildAsync(ledger, FailureGrouping.Cause);
        using var output = new MemoryStream();
        await JsonOutput.WriteAsync(output, FailuresJson.Of(listing, new FailureLedger(ledger.Target)), TestLedger.Cancellation);
        return JsonDocument.Parse(output.ToArray(), new JsonDocumentOptions { MaxDepth = 1000 });
    }

    private static Task<RunRecord> FindAsync(TestLedger ledger, string? name)
        => new RunFinder(ledger.Target).FindAsync(name, TestLedger.Cancellation);

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
