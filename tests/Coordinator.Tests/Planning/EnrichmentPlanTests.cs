using Microsoft.AspNetCore.Http;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Planning;
using Migration.TestServers;

namespace Migration.Coordinator.Tests.Planning;

/// <summary>What planning finds out of enrichment, and what it leaves alone.</summary>
public sealed class EnrichmentPlanTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("migration-plan-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("{ }", 3.0, 3.0 / 64)] // as many in flight as the worker may have
    [InlineData("maxPerSecond: 5", 3.0, 0.2)]
    [InlineData("maxPerSecond: 5, send: { a: id }, batch: 10", 3.0, 3.0 / 64)]
    [InlineData("maxConcurrent: 3", 3.0, 1.0)]
    [InlineData("maxConcurrent: 3, send: { a: id }, batch: 50", 3.0, 3.0 / 64)]
    [InlineData("maxConcurrent: 100", 3.0, 3.0 / 64)]
    public void A_worker_is_as_fast_as_its_records_in_flight_and_the_host_s_limits_allow(string more, double seconds, double ofWorker)
    {
        var step = Load(Http("http://localhost/", more == "{ }" ? "retries: 3" : more)).Collections[0].Enrichment[0];

        var survey = EnrichmentSurvey.Of([(step, seconds)], 64, [], []);

        Assert.Equal(seconds, survey.SecondsPerRecord);
        Assert.Equal(ofWorker, survey.SecondsOfWorker, 9);
    }

    [Fact]
    public void A_step_of_which_nothing_is_known_is_in_no_figure_but_the_slices()
    {
        var step = Load(Http("http://localhost/", "retries: 3")).Collections[0].Enrichment[0];

        var survey = EnrichmentSurvey.Of([(step, 2.0), (step, null)], 10, [], []);

        Assert.Equal((2.0, 0.2, 0.3), (survey.SecondsPerRecord, survey.SecondsOfWorker, Math.Round(survey.SecondsForSlices, 9)));
    }

    [Fact]
    public async Task A_GET_is_tried_with_a_few_records()
    {
        await using var service = await TestService.StartAsync(async context =>
        {
            await Task.Delay(TimeSpan.FromSeconds(0.1), context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { word = "w" }, context.RequestAborted);
        });

        var plan = await PlanAsync(Load(Http($"{service.Uri}/{{id}}", "retries: 3")));

        Assert.Equal(EnrichmentSurveyor.MostRecords, service.Calls);
        Assert.InRange(service.MostAtATime, 1, 4);
        Assert.All(service.Asked, asked => Assert.Matches("^/[0-9]+$", asked));
        Assert.InRange(plan.Enrichment!.SecondsPerRecord, 0.09, 10);
        Assert.Equal(plan.Enrichment.SecondsPerRecord / 64, plan.Enrichment.SecondsOfWorker, 9);
        Assert.Equal(["the median of 12 calls of the http step of line 8"], plan.Enrichment.Sources);
        Assert.DoesNotContain(plan.Warnings, warning => warning.Contains("secondsPerRecord", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_may_change_something_is_not_tried_and_neither_is_what_comes_of_it()
    {
        await using var service = await TestService.StartAsync(context => context.Response.WriteAsync("{}", context.RequestAborted));
        var file = Load(
            $$"""
                  - http: { url: "{{service.Uri}}/", send: { a: id }, take: { word: word } }
                  - plugin: { folder: {{_folder}}, class: A.B, read: id, write: score }
                  - rehost: { columns: name, store: { folder: {{_folder}} }, link: "https://x/{key}" }
                  - http: { url: "{{service.Uri}}/{word}", take: { score: score } }
            """);

        var plan = await PlanAsync(file);

        Assert.Equal(0, service.Calls);
        Assert.Equal((0.0, 0.0), (plan.Enrichment!.SecondsPerRecord, plan.Enrichment.SecondsOfWorker));
        Assert.Equal(4 * EnrichmentSurvey.Assumed / 64, plan.Enrichment.SecondsForSlices, 9);
        Assert.Equal(3, plan.Warnings.Count(warning => warning.Contains("was not tried for this plan, for it may change something outside", StringComparison.Ordinal)));
        Assert.Single(plan.Warnings, warning => warning.Contains("line 11 was not tried for this plan, for it takes columns that another step fills", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateDirectories(_folder));
    }

    [Fact]
    public async Task What_the_file_says_is_taken_for_it_and_slices_are_sized_by_it()
    {
        await using var service = await TestService.StartAsync(context => context.Response.WriteAsync("{}", context.RequestAborted));
        var file = Load(Http($"{service.Uri}/{{id}}", "secondsPerRecord: 0.8"), "worker: { enrichConcurrency: 8 }\nslices: { targetSeconds: 1, minRecords: 1 }");

        var plan = await PlanAsync(file);

        Assert.Equal(0, service.Calls);
        Assert.Equal((0.8, 0.1), (plan.Enrichment!.SecondsPerRecord, Math.Round(plan.Enrichment.SecondsOfWorker, 9)));
        Assert.InRange(plan.RecordsPerSlice, 8, 10);
        Assert.Equal(plan.Records * 0.1, plan.SecondsOfEnrichment, 6);
    }

    [Fact]
    public async Task A_service_that_is_not_there_does_not_keep_a_plan_from_being_made()
    {
        string uri;
        await using (var service = await TestService.StartAsync(context => context.Response.WriteAsync("{}", context.RequestAborted)))
            uri = service.Uri;

        var plan = await PlanAsync(Load(Http($"{uri}/{{id}}", "retries: 0")));

        Assert.Equal(0, plan.Enrichment!.SecondsPerRecord);
        Assert.Single(plan.Warnings, warning => warning.Contains("did nothing for any of 12 sampled records: The http step of line 8 got no answer (Connection refused)", StringComparison.Ordinal));
    }

    private static string Http(string url, string more) => $"      - http: {{ url: \"{url}\", take: {{ word: word }}, {more} }}";

    private static Task<CollectionPlan> PlanAsync(MigrationFile file) => CollectionPlan.MakeAsync(file, file.Collections[0], 2, Cancellation);

    private MigrationFile Load(string steps, string more = "")
    {
        var dump = Path.Combine(_folder, "products.ndjson");
        File.WriteAllLines(dump, Enumerable.Range(1, 1000).Select(i => $$"""{"_id": {"$numberLong": "{{i}}"}, "name": "n{{i}}"}"""));
        return MigrationFileLoader.LoadText(
            $$"""
            source: { uri: {{dump}} }
            target: { uri: "postgres://nobody@127.0.0.1:1/none" }
            collections:
              - name: products
                primaryKey: id
                columns: { id: { path: _id, type: int8 }, name: text, word: { type: text, default: w }, score: { type: int4, default: 0 } }
                enrich:
            {{steps}}
            {{more}}
            """,
            Path.Combine(_folder, "shop.yaml"), _ => null);
    }
}
