using Microsoft.AspNetCore.Http;
using Migration.Contracts.Ledger;
using Migration.TestServers;
using Migration.Worker.Enrichment;
using Migration.Worker.Tests.Slices;
using MongoDB.Bson;
using static Migration.Worker.Tests.Enrichment.HttpStepTests;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Enrichment;

/// <summary>Steps that fill columns of a child's table, which are given its rows one by one.</summary>
public sealed class ChildRowsTests : IDisposable
{
    private const string Word = ", word: { type: text, enriched: true }";

    private readonly string _folder = Directory.CreateTempSubdirectory("parts-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_lookup_fills_each_row_by_its_own_values_and_the_record_s()
    {
        await using var lab = await PartsAsync(
            4, i => i == 2 ? ["b", "x"] : i == 3 ? [] : ["a", "b"], Lookup("0,a,zero a,1\n0,b,zero b,2\n1,a,one a,\n1,b,one b,4\n2,b,two b,5", "null"),
            Word + ", score: { type: int4, enriched: true }");

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(4, 4, 0, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
        Assert.Equal(
            ["0|0|a|zero a|1", "0|1|b|zero b|2", "1|0|a|one a|-", "1|1|b|one b|4", "2|0|b|two b|5", "2|1|x|-|-"],
            await TextsAsync(lab, "SELECT format('%s|%s|%s|%s|%s', id, ordinal, part, coalesce(word, '-'), coalesce(score::text, '-')) FROM public.parts ORDER BY id, ordinal"));
    }

    [Fact]
    public async Task A_row_that_nothing_matches_condemns_its_record_and_says_which_it_is()
    {
        await using var lab = await PartsAsync(
            3, i => i == 1 ? ["a", "x", "y"] : ["a"], Lookup("0,a,zero a,1\n1,a,one a,1\n2,a,two a,1", "quarantine"), Word + ", score: { type: int4, enriched: true }");

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(3, 2, 1, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
        Assert.Equal([0, 2], await lab.WrittenAsync());
        Assert.Equal(["0.0.a", "2.0.a"], await lab.PartsAsync());
        Assert.Matches("^enrich\\|parts.word\\|-\\|element [12]: The lookup step of line 11 has no row for 'id' '1', 'parts.part' '[xy]'\\.$", Assert.Single(await QuarantineAsync(lab)));
    }

    [Fact]
    public async Task A_required_column_that_no_step_gave_a_value_quarantines_the_record()
    {
        await using var lab = await PartsAsync(
            2, i => i == 1 ? ["a", "x"] : ["a"], Lookup("0,a,zero a,1\n1,a,one a,1", "keepOriginal"),
            ", word: { type: text, enriched: true, required: true }, score: { type: int4, enriched: true }");

        await MigrateAsync(lab);

        Assert.Equal(["0.0.a"], await lab.PartsAsync());
        Assert.StartsWith("enrich|parts.word|23502|column 'parts.word' must have a value and got none by enrichment. Take 'required' from", Assert.Single(await QuarantineAsync(lab)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_is_asked_for_each_row_and_for_few_rows_of_a_record_at_a_time()
    {
        await using var service = await TestService.StartAsync(async context =>
        {
            await Task.Delay(5, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new { word = context.Request.Path.Value![1..] }, context.RequestAborted);
        });
        await using var lab = await PartsAsync(
            3, i => [.. Enumerable.Range(0, i * 20).Select(n => $"p{n}")], $"      - http: {{ url: \"{service.Uri}/{{id}}/{{parts.part}}\", take: {{ parts.word: word }} }}", Word,
            ", enrichConcurrency: 1");

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(3, 3, 0, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
        Assert.Equal(60, service.Calls);
        Assert.InRange(service.MostAtATime, 2, RowEnrichment.CallsAtATime);
        Assert.Equal(
            Enumerable.Range(1, 2).SelectMany(i => Enumerable.Range(0, i * 20).Select(n => $"{i}|{n}|{i}/p{n}")), await WordsAsync(lab));
    }

    [Fact]
    public async Task Rows_of_several_records_share_a_call_where_the_service_takes_many()
    {
        await using var service = await TestService.StartAsync(async context =>
        {
            var asked = (await context.Request.ReadFromJsonAsync<Asked[]>(context.RequestAborted))!;
            await context.Response.WriteAsJsonAsync(asked.Select(one => new { word = $"{one.Part} of {one.Id}" }), context.RequestAborted);
        });
        await using var lab = await PartsAsync(
            20, _ => ["a", "b", "c"], $"      - http: {{ url: \"{service.Uri}/\", send: {{ id: id, part: parts.part }}, batch: 10, take: {{ parts.word: word }} }}", Word);

        await MigrateAsync(lab);

        // Two groups of ten records with three rows each.
        Assert.Equal(6, service.Calls);
        Assert.Equal(Enumerable.Range(0, 20).SelectMany(i => "abc".Select((part, n) => $"{i}|{n}|{part} of {i}")), await WordsAsync(lab));
    }

    [Fact]
    public async Task A_class_is_given_each_row_with_the_record_s_columns()
    {
        await using var lab = await PartsAsync(
            3, i => i == 1 ? ["a", "odd"] : ["a", BsonNull.Value],
            $"      - plugin: {{ folder: \"{BuiltFolder.Of("TestPlugins")}\", class: Migration.TestPlugins.PartByPart, read: [parts.part, id], write: parts.word }}", Word);

        await MigrateAsync(lab);

        Assert.Equal(["0|0|a of 0", "0|1|-", "2|0|a of 2", "2|1|-"], await WordsAsync(lab));
        Assert.Equal("enrich|parts.word|-|element 1: The plugin step of line 11 (Migration.TestPlugins.PartByPart) refused the record: it is odd.", Assert.Single(await QuarantineAsync(lab)));
    }

    private static Task<List<string>> WordsAsync(SliceLab lab)
        => TextsAsync(lab, "SELECT format('%s|%s|%s', id, ordinal, coalesce(word, '-')) FROM public.parts ORDER BY id, ordinal");

    private static Task<SliceLab> PartsAsync(int records, Func<int, BsonArray> parts, string step, string columns, string? worker = null)
        => CreateAsync(records, enrich: step, worker: worker, text: parts, textType: "jsonb", columns: "", withParts: true, partColumns: columns);

    private string Lookup(string rows, string onMissing)
    {
        var csv = Path.Combine(_folder, "parts.csv");
        File.WriteAllText(csv, $"record,code,name,points\n{rows}\n");
        return $"      - lookup: {{ csv: \"{csv}\", match: {{ record: id, code: parts.part }}, take: {{ parts.word: name, parts.score: points }}, onMissing: {onMissing} }}";
    }

    private sealed record Asked(int Id, string Part);
}
