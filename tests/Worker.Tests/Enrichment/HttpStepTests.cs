using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Migration.Contracts.Ledger;
using Migration.TestServers;
using Migration.Worker.Tests.Slices;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Enrichment;

/// <summary>Slices of numbered records through a service on this machine into a real table.</summary>
public sealed class HttpStepTests
{
    [Fact]
    public async Task A_service_is_asked_for_each_record_and_its_answer_lands_in_columns()
    {
        await using var service = await TestService.StartAsync(AnswerAsync);
        await using var lab = await CreateAsync(95, enrich: Step(service, "/{id}/a?text={text}"));

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(95, 95, 0, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
        Assert.Equal(Enumerable.Range(0, 95).Select(i => $"{i}|word {i}|{i * 2}"), await RowsAsync(lab));
        Assert.Equal(95, service.Calls);
        Assert.Contains("/7/a?text=record%207", service.Asked);
    }

    [Fact]
    public async Task A_batch_sends_an_array_and_takes_an_array_of_answers_in_its_order()
    {
        var sizes = new List<int>();
        await using var service = await TestService.StartAsync(async context =>
        {
            using var asked = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            lock (sizes)
                sizes.Add(asked.RootElement.GetArrayLength());
            var answers = asked.RootElement.EnumerateArray().Select(item => new { word = "word " + item.GetProperty("id").GetInt64(), score = item.GetProperty("id").GetInt64() * 2 });
            await context.Response.WriteAsJsonAsync(new { data = new { results = answers } }, context.RequestAborted);
        });
        await using var lab = await CreateAsync(95, batchRecords: 30, enrich: Step(service, "/", "send: { id: id, t: text }, batch: 30, answers: data.results"));

        await MigrateAsync(lab);

        Assert.Equal(Enumerable.Range(0, 95).Select(i => $"{i}|word {i}|{i * 2}"), await RowsAsync(lab));
        Assert.Equal([5, 30, 30, 30], sizes.Order());
    }

    [Fact]
    public async Task What_the_service_says_no_to_and_what_a_column_does_not_take_is_quarantined_with_the_reason()
    {
        await using var service = await TestService.StartAsync(context => Number(context) switch
        {
            3 => Say(context, 404, "{}"),
            5 => Say(context, 200, "not json"),
            7 => Say(context, 200, """{ "word": "w", "score": 3000000000 }"""),
            8 => Say(context, 200, """{ "word": "a\u0000b", "score": 1 }"""),
            9 => Say(context, 200, """{ "word": { "deep": 1 }, "score": 1 }"""),
            _ => AnswerAsync(context),
        });
        await using var lab = await CreateAsync(12, enrich: Step(service, "/{id}"));

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(12, 7, 5, 0), end.Claim.Counts);
        Assert.Equal(
            [
                "enrich|score|22003|The http step of line 11 gave column 'score' Decimal128 3000000000; integer cannot hold it. Widen column 'score' in the migration file.",
                $"enrich|word|-|The http step of line 11 got an answer from {service.Uri} that is not JSON.",
                $"enrich|word|-|The http step of line 11 got status 404 from {service.Uri}.",
                "enrich|word|22021|The http step of line 11 gave column 'word' string 'a\\0b'; text cannot hold text with a zero character. Mend the document, or leave the field out of the migration file.",
                "enrich|word|22P02|The http step of line 11 gave column 'word' document {\"deep\":1}; text takes no value of this type. Give column 'word' another type in the migration file (jsonb takes every type), or mend the document.",
            ],
            await QuarantineAsync(lab));
    }

    [Theory]
    [InlineData("null", "3|-|-")]
    [InlineData("keepOriginal", "3|-|-")]
    public async Task A_call_that_fails_may_leave_its_columns_empty(string onFailure, string row)
    {
        await using var service = await TestService.StartAsync(context => Number(context) == 3 ? Say(context, 404, "") : AnswerAsync(context));
        await using var lab = await CreateAsync(5, enrich: Step(service, "/{id}", $"onFailure: {onFailure}"));

        await MigrateAsync(lab);

        Assert.Equal(row, (await RowsAsync(lab))[3]);
    }

    [Fact]
    public async Task A_status_that_may_pass_is_tried_again()
    {
        var failed = 0;
        await using var service = await TestService.StartAsync(context
            => Number(context) == 2 && Interlocked.Increment(ref failed) <= 2 ? Say(context, 503, "", retryAfter: "0") : AnswerAsync(context));
        await using var lab = await CreateAsync(20, enrich: Step(service, "/{id}"));

        Assert.Equal(new SliceCounts(20, 20, 0, 0), (await MigrateAsync(lab)).Claim.Counts);
        Assert.Equal(22, service.Calls);
    }

    [Fact]
    public async Task A_host_that_has_too_much_to_do_costs_no_record_a_try()
    {
        var refused = 0;
        await using var service = await TestService.StartAsync(context
            => Interlocked.Increment(ref refused) <= 30 ? Say(context, 429, "", retryAfter: "1") : AnswerAsync(context));
        await using var lab = await CreateAsync(20, enrich: Step(service, "/{id}", "retries: 0"));

        Assert.Equal(new SliceCounts(20, 20, 0, 0), (await MigrateAsync(lab)).Claim.Counts);
    }

    [Fact]
    public async Task No_more_calls_are_under_way_than_the_host_may_have()
    {
        await using var service = await TestService.StartAsync(async context =>
        {
            await Task.Yield();
            await AnswerAsync(context);
        });
        await using var lab = await CreateAsync(200, enrich: Step(service, "/{id}", "maxConcurrent: 3"));

        await MigrateAsync(lab);

        Assert.InRange(service.MostAtATime, 1, 3);
    }

    [Theory]
    [InlineData(401, ExitCode.Configuration)]
    [InlineData(302, ExitCode.Configuration)]
    [InlineData(500, ExitCode.Unreachable)]
    public async Task A_service_that_never_answers_stops_the_worker_and_no_record_is_given_up(int status, int code)
    {
        await using var service = await TestService.StartAsync(context => Say(context, status, ""));
        await using var lab = await CreateAsync(500, batchRecords: 100, enrich: Step(service, "/{id}", "retries: 20"), worker: ", enrichConcurrency: 200");

        var ended = await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab));

        Assert.Equal(code, ended.Code);
        Assert.Contains($"The http step of line 11 at {service.Uri} cannot be used: all of the first", ended.Message, StringComparison.Ordinal);
        Assert.Contains($"status {status}", ended.Message, StringComparison.Ordinal);
        Assert.Empty(await QuarantineAsync(lab));
        Assert.Equal(0, (await lab.ProgressAsync()).Counts.Read);
    }

    [Fact]
    public async Task A_service_that_is_not_there_stops_the_worker()
    {
        string uri;
        await using (var service = await TestService.StartAsync(AnswerAsync))
            uri = service.Uri;
        await using var lab = await CreateAsync(500, enrich: $"      - http: {{ url: \"{uri}/{{id}}\", take: {{ word: word, score: score }} }}", worker: ", enrichConcurrency: 200");

        var ended = await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab));

        Assert.Equal(ExitCode.Unreachable, ended.Code);
        Assert.Contains("no answer (Connection refused)", ended.Message, StringComparison.Ordinal);
        Assert.Empty(await QuarantineAsync(lab));
    }

    private static Task AnswerAsync(HttpContext context)
        => context.Response.WriteAsJsonAsync(new { word = "word " + Number(context), score = Number(context) * 2 }, context.RequestAborted);

    private static async Task Say(HttpContext context, int status, string body, string? retryAfter = null)
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        await context.Response.WriteAsync(body, context.RequestAborted);
    }

    internal static int Number(HttpContext context) => int.Parse(context.Request.Path.Value!.Split('/')[1], null);

    internal static string Step(TestService service, string path, string more = "retries: 3")
        => $"      - http: {{ url: \"{service.Uri}{path}\", take: {{ word: word, score: score }}, {more} }}";

    internal static Task<SliceEnd> MigrateAsync(SliceLab lab, CancellationToken drain = default)
        => MigrateAsync(lab.Worker(lab.Database.DataSource), lab.Slice, drain);

    internal static async Task<SliceEnd> MigrateAsync(RunContext worker, SliceId slice, CancellationToken drain = default)
    {
        var claim = Assert.IsType<ClaimOutcome.Granted>(await worker.Ledger.ClaimAsync(slice, message: null, redelivered: false, Cancellation)).Claim;
        var attempt = await worker.AttemptAsync("numbers", Cancellation);
        var end = await attempt.MakeAsync(claim, drain, Cancellation);
        if (end is not SliceEnd.Completed)
            await worker.Ledger.HandBackAsync(end.Claim, Cancellation);
        return end;
    }

    internal static Task<List<string>> RowsAsync(SliceLab lab)
        => TextsAsync(lab, "SELECT format('%s|%s|%s', id, coalesce(word, '-'), coalesce(score::text, '-')) FROM public.numbers ORDER BY id");

    internal static Task<List<string>> QuarantineAsync(SliceLab lab)
        => TextsAsync(lab, "SELECT format('%s|%s|%s|%s', stage, column_name, coalesce(sqlstate, '-'), message) FROM migration.quarantine ORDER BY stage, column_name, coalesce(sqlstate, '-') COLLATE \"C\", message COLLATE \"C\"");

    internal static async Task<List<string>> TextsAsync(SliceLab lab, string sql)
    {
        await using var command = lab.Database.DataSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var texts = new List<string>();
        while (await reader.ReadAsync(Cancellation))
            texts.Add(reader.GetString(0));
        return texts;
    }
}
