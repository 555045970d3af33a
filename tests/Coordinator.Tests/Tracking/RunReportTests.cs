using System.Text.Json;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Commands;
using Migration.Coordinator.Tracking;
using Migration.TestServers;
using Migration.Worker;

namespace Migration.Coordinator.Tests.Tracking;

public sealed class RunReportTests
{
    [Fact]
    public async Task A_run_whose_counts_add_up_is_complete()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 97, quarantined: 3);
        await ledger.CompleteAsync(1, written: 100, quarantined: 0, attempts: 3);
        await new RunLedger(ledger.Target).CompleteAsync(run.Id, TestLedger.Cancellation);

        var report = await BuildAsync(ledger);

        Assert.True(report.IsComplete);
        Assert.Equal(
            "Complete: 200 read = 197 written + 3 quarantined + 0 skipped; every slice accounted for.", report.Verdict);
        var collection = Assert.Single(report.Collections);
        Assert.True(collection.AddsUp);
        Assert.Equal((2L, 2d, 100d), (collection.Interruptions, collection.Seconds, collection.RecordsPerSecond));
        var cause = Assert.Single(report.Causes);
        Assert.Equal((3L, "price", "22003"), (cause.Count, cause.Column, cause.SqlState));
    }

    [Fact]
    public async Task A_slice_that_gave_up_makes_the_run_incomplete()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await ledger.FailAsync(1);
        await new RunLedger(ledger.Target).EndIncompleteAsync(run.Id, "1 slice gave up", TestLedger.Cancellation);

        var report = await BuildAsync(ledger);

        Assert.False(report.IsComplete);
        Assert.StartsWith("INCOMPLETE: products: 1 of 2 slices gave up.", report.Verdict, StringComparison.Ordinal);
        Assert.Equal("the disk [sda] is full", Assert.Single(report.Troubled).Error);
        Assert.False(Assert.Single(report.Collections).AddsUp);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Fewer_records_than_planned_are_a_fault_only_where_the_source_stands_still(bool live, bool complete)
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync(live: live);
        await ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await ledger.CompleteAsync(1, written: 99, quarantined: 0);
        await new RunLedger(ledger.Target).CompleteAsync(run.Id, TestLedger.Cancellation);

        var report = await BuildAsync(ledger);

        Assert.Equal(complete, report.IsComplete);
        Assert.Equal(1, report.TroubledSlices);
    }

    [Fact]
    public async Task A_record_that_is_counted_and_not_in_quarantine_is_found_out()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 98, quarantined: 2);
        await ledger.CompleteAsync(1, written: 100, quarantined: 0);
        await ledger.ExecuteAsync("DELETE FROM migration.quarantine WHERE record_id = '1'");
        await new RunLedger(ledger.Target).CompleteAsync(run.Id, TestLedger.Cancellation);

        var report = await BuildAsync(ledger);

        Assert.False(report.IsComplete);
        Assert.Contains("2 records were counted as quarantined, and 1 stand in quarantine", report.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_paused_collection_says_why_and_what_to_do()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 97, quarantined: 3);
        await ledger.PauseAsync(run, limit: 2);
        var pipe = new TestTerminal(80, 24, isTerminal: false);

        var status = await RunStatus.BuildAsync(ledger.Target, "shop", TestLedger.Cancellation);
        RunStatusText.Write(pipe.Console, status);

        const string reason = "3 of the 100 records read are quarantined, and maxQuarantined allows 2";
        Assert.Contains(pipe.Rows, row => row.StartsWith("Paused: products since ", StringComparison.Ordinal) && row.Contains(reason, StringComparison.Ordinal));
        Assert.StartsWith($"INCOMPLETE: products: paused: {reason}. Mend the cause", status.Report.Verdict, StringComparison.Ordinal);
        var json = JsonDocument.Parse(JsonOutput.Format(status.Report)).RootElement.GetProperty("collections")[0];
        Assert.Equal((2, reason), (json.GetProperty("maxQuarantined").GetInt64(), json.GetProperty("pauseReason").GetString()));
        Assert.NotEqual(default, json.GetProperty("pausedAt").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_run_over_its_limit_is_not_complete_though_no_slice_is_left_to_pause()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 97, quarantined: 3);
        await ledger.CompleteAsync(1, written: 100, quarantined: 0);
        await ledger.PauseAsync(run, limit: 2);
        await new PauseLedger(ledger.Target).ResumeAsync(run.Id, onlyWithinLimit: false, TestLedger.Cancellation);
        await new RunLedger(ledger.Target).CompleteAsync(run.Id, TestLedger.Cancellation);

        Assert.StartsWith(
            "INCOMPLETE: products: 3 records are quarantined, and maxQuarantined allows 2.", (await BuildAsync(ledger)).Verdict,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_nobody_ended_is_not_complete_though_its_slices_are()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await ledger.CompleteAsync(1, written: 100, quarantined: 0);

        var report = await BuildAsync(ledger);

        Assert.False(report.IsComplete);
        Assert.Contains("run it again", report.Verdict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task People_see_the_causes_and_the_verdict_last_and_brackets_are_no_markup()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 97, quarantined: 3);
        await ledger.FailAsync(1);
        await new RunLedger(ledger.Target).EndIncompleteAsync(run.Id, "1 slice gave up", TestLedger.Cancellation);
        var pipe = new TestTerminal(80, 24, isTerminal: false);

        RunReportText.Write(pipe.Console, await BuildAsync(ledger));

        Assert.Contains(
            "  3 × products, stage map, column 'price', SQLSTATE 22003: numeric(18,2) cannot hold [it].", pipe.Rows);
        Assert.Contains("  products, slice 1: gave up after 5 attempts, 0 of 100 read: the disk [sda] is full", pipe.Rows);
        Assert.StartsWith("INCOMPLETE:", pipe.Rows[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tables_of_a_million_records_fit_80_columns()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await ledger.ExecuteAsync("UPDATE migration.slice SET read = 1000000, written = 1000000 WHERE number = 0");
        var terminal = new TestTerminal(80, 100);

        RunReportText.Write(terminal.Console, await BuildAsync(ledger));

        Assert.Contains(terminal.Rows, row => row.Trim().StartsWith("products", StringComparison.Ordinal) && row.EndsWith("NO", StringComparison.Ordinal));
        Assert.DoesNotContain('…', terminal.Text);
    }

    [Fact]
    public async Task The_json_has_the_documented_names_and_no_secret()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 99, quarantined: 1);

        var text = JsonOutput.Format(await BuildAsync(ledger));

        var json = JsonDocument.Parse(text).RootElement;
        Assert.Equal("running", json.GetProperty("state").GetString());
        Assert.False(json.GetProperty("isComplete").GetBoolean());
        Assert.Equal(100, json.GetProperty("counts").GetProperty("read").GetInt64());
        Assert.Equal(200, json.GetProperty("keys").GetInt64());
        Assert.Equal(1, json.GetProperty("collections")[0].GetProperty("slices").GetProperty("completed").GetInt64());
        Assert.Equal("22003", json.GetProperty("causes")[0].GetProperty("sqlState").GetString());
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_history_of_replays_is_told_with_what_came_of_each()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.ExecuteAsync(
            $"""
            INSERT INTO migration.replay (id, run_id, selection, file_hash, started_at, finished_at, slices, records, written, skipped, quarantined)
            SELECT gen_random_uuid(), '{run.Id}', what, 'h', start::timestamptz, ended::timestamptz, s, w + k + q, w, k, q FROM (VALUES
                ('quarantine [of a kind]', '2026-01-03 00:00:00Z', '2026-01-03 00:00:05Z', 0, 9, 1, 2),
                ('dead letters', '2026-01-04 00:00:00Z', NULL, 1500, 0, 0, 0),
                ('dead letters and quarantine', '2026-01-05 00:00:00Z', '2026-01-05 00:00:01Z', 1, 1, 0, 0),
                ('dead letters', '2026-01-06 00:00:00Z', '2026-01-06 00:00:01Z', 0, 0, 0, 0)) v(what, start, ended, s, w, k, q)
            """);
        var pipe = new TestTerminal(80, 24, isTerminal: false);
        var report = await BuildAsync(ledger);

        RunReportText.Write(pipe.Console, report);

        Assert.Equal(
            [
                "Replays:",
                "  2026-01-03 00:00:00 UTC, quarantine [of a kind]: 12 records tried again = 9 written + 1 skipped + 2 refused once more",
                "  2026-01-04 00:00:00 UTC, dead letters: 1,500 slices put back to work; not finished",
                "  2026-01-05 00:00:00 UTC, dead letters and quarantine: 1 slice put back to work, 1 record tried again = 1 written + 0 skipped + 0 refused once more",
                "  2026-01-06 00:00:00 UTC, dead letters: nothing to do",
            ],
            pipe.Rows.SkipWhile(row => row != "Replays:").Take(5));
        var json = JsonDocument.Parse(JsonOutput.Format(report)).RootElement.GetProperty("replays");
        Assert.Equal(4, json.GetArrayLength());
        Assert.Equal((9, 1, 2, 12), (
            json[0].GetProperty("written").GetInt32(), json[0].GetProperty("skipped").GetInt32(), json[0].GetProperty("quarantined").GetInt32(),
            json[0].GetProperty("records").GetInt32()));
    }

    [Fact]
    public async Task A_run_without_replays_has_no_history()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync();
        var pipe = new TestTerminal(80, 24, isTerminal: false);

        RunReportText.Write(pipe.Console, await BuildAsync(ledger));

        Assert.DoesNotContain("Replays:", pipe.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_run_is_answered_with_the_nearest_name()
    {
        await using var ledger = await TestLedger.CreateAsync();
        await ledger.StartRunAsync("shop-2026");

        var unknown = await Assert.ThrowsAsync<UserException>(
            () => RunReport.BuildAsync(ledger.Target, "shop-2025", TestLedger.Cancellation));

        Assert.Equal(ExitCode.Configuration, unknown.Code);
        Assert.Contains("the nearest is 'shop-2026'", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_there_is_no_ledger_none_is_created()
    {
        await using var database = await Postgres.CreateDatabaseAsync(TestLedger.Cancellation);

        var none = await Assert.ThrowsAsync<UserException>(
            () => RunStatus.BuildAsync(database.DataSource, "shop", TestLedger.Cancellation));

        Assert.Equal(ExitCode.Configuration, none.Code);
        Assert.Contains("no ledger", none.Message, StringComparison.Ordinal);
        Assert.False(await LedgerSchema.ExistsAsync(database.DataSource, TestLedger.Cancellation));
    }

    [Fact]
    public async Task What_was_built_is_told_with_its_time_and_what_was_not_makes_the_run_incomplete()
    {
        await using var ledger = await TestLedger.CreateAsync();
        var run = await ledger.StartRunAsync();
        await ledger.CompleteAsync(0, written: 100, quarantined: 0);
        await ledger.CompleteAsync(1, written: 100, quarantined: 0);
        await NoteBuildsAsync(ledger, run);
        await new RunLedger(ledger.Target).CompleteAsync(run.Id, TestLedger.Cancellation);
        var (pipe, brief) = (new TestTerminal(200, 24, isTerminal: false), new TestTerminal(200, 24, isTerminal: false));

        var report = await BuildAsync(ledger);
        RunReportText.Write(pipe.Console, report);
        RunStatusText.Write(brief.Console, await RunStatus.BuildAsync(ledger.Target, "shop", TestLedger.Cancellation));

        string[] lines =
        [
            "After the load:",
            "  index a on public.products (a): built in 1.5 s",
            "  index b on public.products (b): was there already",
            "  sequence s past the values of public.products.id: skipped: user 'x' may not set it",
            "  foreign key f on public.products (v) to public.vendors (id): NOT built: 2 rows refer to nothing [at all]",
            "  analyze public.products: waiting",
        ];
        Assert.Equal(lines, pipe.Rows.SkipWhile(row => row != lines[0]).Take(lines.Length));
        Assert.Equal(lines, brief.Rows.SkipWhile(row => row != lines[0]).Take(lines.Length));
        Assert.Equal(
            ["foreign key f of public.products was not built: 2 rows refer to nothing [at all].", "1 of 5 builds after the load are still to come."], report.Reasons);
        var json = JsonDocument.Parse(JsonOutput.Format(report)).RootElement.GetProperty("builds");
        Assert.Equal(("index", "built", 1.5), (json[0].GetProperty("kind").GetString(), json[0].GetProperty("state").GetString(), json[0].GetProperty("seconds").GetDouble()));
        Assert.Equal((2, "p1 refers to v9"), (json[3].GetProperty("violations").GetInt32(), json[3].GetProperty("samples")[0].GetString()));
    }

    private static async Task NoteBuildsAsync(TestLedger ledger, RunRecord run)
    {
        BuildId Id(BuildKind kind, string name) => new(kind, "public.products", name);
        var builds = new BuildLedger(ledger.Target);
        await builds.NoteAsync(
            run.Id,
            [
                (Id(BuildKind.Index, "a"), "index a on public.products (a)"),
                (Id(BuildKind.Index, "b"), "index b on public.products (b)"),
                (Id(BuildKind.Sequence, "id"), "sequence s past the values of public.products.id"),
                (Id(BuildKind.ForeignKey, "f"), "foreign key f on public.products (v) to public.vendors (id)"),
                (Id(BuildKind.Analyze, ""), "analyze public.products"),
            ],
            TestLedger.Cancellation);
        await builds.BeginAsync(run.Id, Id(BuildKind.Index, "a"), TestLedger.Cancellation);
        await builds.EndAsync(run.Id, Id(BuildKind.Index, "a"), new(BuildState.Built), TestLedger.Cancellation);
        await builds.EndAsync(run.Id, Id(BuildKind.Index, "b"), new(BuildState.Present), TestLedger.Cancellation);
        await builds.EndAsync(run.Id, Id(BuildKind.Sequence, "id"), new(BuildState.Skipped, "user 'x' may not set it"), TestLedger.Cancellation);
        await builds.EndAsync(
            run.Id, Id(BuildKind.ForeignKey, "f"), new(BuildState.Failed, "2 rows refer to nothing [at all]", 2, ["p1 refers to v9"]), TestLedger.Cancellation);
        await ledger.ExecuteAsync("UPDATE migration.build SET finished_at = started_at + interval '1.5 seconds' WHERE name = 'a'");
    }

    private static Task<RunReport> BuildAsync(TestLedger ledger)
        => RunReport.BuildAsync(ledger.Target, "shop", TestLedger.Cancellation);
}
