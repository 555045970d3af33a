using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Migration.Contracts.Ledger;
using Migration.TestServers;
using Migration.Worker.Tests.Slices;
using MongoDB.Bson;
using static Migration.Worker.Tests.Enrichment.HttpStepTests;
using static Migration.Worker.Tests.Slices.SliceLab;

namespace Migration.Worker.Tests.Enrichment;

/// <summary>Links to a server on this machine, re-hosted to a folder and to a server that speaks S3's protocol.</summary>
public sealed class RehostStepTests : IDisposable
{
    private static readonly byte[] Png = [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n'];

    private readonly string _folder = Directory.CreateTempSubdirectory("rehost-").FullName;
    private readonly ConcurrentDictionary<string, int> _asked = new();

    private static int Links => int.Parse(Environment.GetEnvironmentVariable("MIGRATION_REHOST_LINKS") ?? "400", CultureInfo.InvariantCulture);

    private static int Distinct => Links / 5;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_link_has_its_outcome_and_each_content_is_stored_once_in_a_folder()
        => await RehostAllAsync($"{{ folder: \"{_folder}\" }}", Files);

    [Fact]
    public async Task Every_link_has_its_outcome_and_each_content_is_stored_once_in_a_bucket()
    {
        await using var store = await ObjectStoreServer.StartAsync();
        Environment.SetEnvironmentVariable("MIGRATION_TEST_S3_KEY", ObjectStoreServer.Key);
        await RehostAllAsync(
            $"{{ bucket: images, prefix: shop/, endpoint: \"{store.Uri}\", accessKey: \"${{MIGRATION_TEST_S3_KEY}}\", secretKey: \"${{MIGRATION_TEST_S3_KEY}}\" }}",
            () => [.. store.Keys().Select(key => key["shop/".Length..])]);
    }

    /// <summary>Links to a fifth as many contents, and one each of everything that links lead to.</summary>
    private async Task RehostAllAsync(string store, Func<IReadOnlyList<string>> stored)
    {
        await using var service = await TestService.StartAsync(AnswerAsync);
        string[] odd = ["missing", "endless", "huge", "declared", "metadata", "loop", "text.jpg", "empty", "ftp", "busy"];
        string Link(int i) => i < odd.Length
            ? odd[i] == "ftp" ? "ftp://127.0.0.1/a.png" : $"{service.Uri}/{odd[i]}?signature=hunter2"
            : i == odd.Length ? $"{service.Uri}/moved" : $"{service.Uri}/c/{i % Distinct}";
        await using var lab = await CreateAsync(
            Links, batchRecords: 50, text: i => Link(i),
            enrich: Rehost(store, "timeoutSeconds: 2, retries: 2, maxBytes: 1MB"));

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(Links, Links - 9, 9, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
        Assert.Equal(
            Enumerable.Range(9, Links - 9).Select(i => $"{i}|cdn/{KeyOf(i switch { 9 => "busy", 10 => "0", _ => (i % Distinct).ToString(CultureInfo.InvariantCulture) })}"),
            await TextsAsync(lab));
        Assert.Equal(
            [
                "content of more than 1000000 bytes (maxBytes)", "content of more than 1000000 bytes (maxBytes)", "content of more than 1000000 bytes (maxBytes)",
                "content that is nothing", "content that is text/plain", "host 169.254.169.254 has the address 169.254.169.254, where links may not lead",
                "more than 5 redirects", "no http:// or https:// address", "status 404",
            ],
            Reasons(await QuarantineAsync(lab)));
        Assert.Equal(Enumerable.Range(0, Distinct).Select(i => KeyOf(i.ToString(CultureInfo.InvariantCulture))).Append(KeyOf("busy")).Order(StringComparer.Ordinal), stored().Order(StringComparer.Ordinal));

        // Each link once, besides those that were told to come again.
        Assert.All(_asked.Where(asked => asked.Key.StartsWith("/c/", StringComparison.Ordinal)), asked => Assert.InRange(asked.Value, 1, IsFlaky(asked.Key) ? 3 : 2));
        Assert.Equal(1, _asked["/missing"]);
    }

    [Fact]
    public async Task Another_worker_fetches_no_link_again_that_the_run_has_stored()
    {
        await using var service = await TestService.StartAsync(AnswerAsync);
        await using var lab = await CreateAsync(
            40, batchRecords: 1, text: i => i == 30 ? $"{service.Uri}/stuck" : $"{service.Uri}/c/{i % 4 * 7}",
            enrich: Rehost($"{{ folder: \"{_folder}\" }}", "retries: 0, timeoutSeconds: 600"), worker: ", enrichConcurrency: 1");
        using var drain = new CancellationTokenSource();
        _stuck = () => drain.Cancel();

        Assert.IsType<SliceEnd.Unfinished>(await MigrateAsync(lab, drain.Token));
        _stuck = null;
        Assert.IsType<SliceEnd.Completed>(await MigrateAsync(lab));

        Assert.All(_asked.Where(asked => asked.Key.StartsWith("/c/", StringComparison.Ordinal)), asked => Assert.Equal(1, asked.Value));
        Assert.Equal(40, (await TextsAsync(lab)).Count);
    }

    [Fact]
    public async Task Arrays_of_links_are_re_hosted_element_by_element()
    {
        await using var service = await TestService.StartAsync(AnswerAsync);
        await using var lab = await CreateAsync(
            2, text: i => i == 0 ? new BsonArray { $"{service.Uri}/c/1", BsonNull.Value, $"{service.Uri}/missing", "" } : BsonNull.Value, textType: "text[]",
            enrich: Rehost($"{{ folder: \"{_folder}\" }}", "onFailure: keepOriginal"));

        await MigrateAsync(lab);

        Assert.Equal([$"0|{{cdn/{KeyOf("1")},NULL,{service.Uri}/missing,\"\"}}", "1|-"], await TextsAsync(lab));
    }

    [Fact]
    public async Task Links_in_the_rows_of_a_child_are_re_hosted_row_by_row_and_a_bad_one_condemns_its_record()
    {
        await using var service = await TestService.StartAsync(AnswerAsync);
        await using var lab = await CreateAsync(
            4, text: i => new BsonArray(Enumerable.Range(0, i + 1).Select(n => n == i ? (BsonValue)BsonNull.Value : n == 1 && i == 3 ? $"{service.Uri}/missing" : $"{service.Uri}/c/{n}")),
            textType: "jsonb", withParts: true, enrich: Rehost($"{{ folder: \"{_folder}\" }}", "retries: 0").Replace("columns: text", "columns: parts.part", StringComparison.Ordinal));

        var end = await MigrateAsync(lab);

        Assert.Equal(new SliceCounts(4, 3, 1, 0), Assert.IsType<SliceEnd.Completed>(end).Claim.Counts);
        Assert.Equal(
            ["0.0", $"1.0.cdn/{KeyOf("0")}", "1.1", $"2.0.cdn/{KeyOf("0")}", $"2.1.cdn/{KeyOf("1")}", "2.2"], await lab.PartsAsync());
        Assert.Equal([0, 1, 2], await lab.WrittenAsync());
    }

    [Fact]
    public async Task Without_an_allowance_no_link_leads_into_the_worker_s_own_machine()
    {
        await using var service = await TestService.StartAsync(AnswerAsync);
        await using var lab = await CreateAsync(
            2, text: i => i == 0 ? $"{service.Uri}/c/1" : service.Uri.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/c/1",
            enrich: Rehost($"{{ folder: \"{_folder}\" }}", "onFailure: null").Replace("allow: 127.0.0.1, ", "", StringComparison.Ordinal));

        await MigrateAsync(lab);

        Assert.Equal(["0|-", "1|-"], await TextsAsync(lab));
        Assert.Equal(0, service.Calls);
    }

    [Fact]
    public async Task A_bucket_that_is_not_there_stops_the_worker_and_no_record_is_given_up()
    {
        await using var service = await TestService.StartAsync(AnswerAsync);
        await using var store = await ObjectStoreServer.StartAsync();
        Environment.SetEnvironmentVariable("MIGRATION_TEST_S3_KEY", ObjectStoreServer.Key);
        await using var lab = await CreateAsync(
            100, batchRecords: 100, text: i => $"{service.Uri}/c/{i}",
            enrich: Rehost($"{{ bucket: others, endpoint: \"{store.Uri}\", accessKey: \"${{MIGRATION_TEST_S3_KEY}}\", secretKey: \"${{MIGRATION_TEST_S3_KEY}}\" }}", "retries: 0"),
            worker: ", enrichConcurrency: 400");

        var ended = await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab));

        Assert.Contains($"The store {store.Uri} others/ cannot be used", ended.Message, StringComparison.Ordinal);
        Assert.Contains("NoSuchBucket", ended.Message, StringComparison.Ordinal);
        Assert.Empty(await QuarantineAsync(lab));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_to_stops_the_worker()
    {
        await using var service = await TestService.StartAsync(AnswerAsync);
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "", Cancellation);
        await using var lab = await CreateAsync(3, text: i => $"{service.Uri}/c/{i}", enrich: Rehost($"{{ folder: \"{_folder}/file\" }}", "retries: 0"));

        Assert.Contains("cannot be written to", (await Assert.ThrowsAsync<UserException>(() => MigrateAsync(lab))).Message, StringComparison.Ordinal);
        Assert.Empty(await QuarantineAsync(lab));
    }

    private Action? _stuck;

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        var times = _asked.AddOrUpdate(path, 1, (_, before) => before + 1);
        switch (path)
        {
            case "/missing": context.Response.StatusCode = 404; break;
            case "/endless":
            case "/huge": await PourAsync(context, path == "/huge" ? 2L * 1024 * 1024 * 1024 : long.MaxValue); break;
            case "/declared":
                context.Response.ContentLength = 2L * 1024 * 1024 * 1024;
                await context.Response.Body.WriteAsync(Png, context.RequestAborted);
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case "/metadata": context.Response.Redirect("http://169.254.169.254/latest/meta-data/"); break;
            case "/loop": context.Response.Redirect("/loop"); break;
            case "/moved": context.Response.Redirect("/c/0"); break;
            case "/text.jpg":
                context.Response.ContentType = "image/jpeg";
                await context.Response.WriteAsync("This is no picture.", context.RequestAborted);
                break;
            case "/empty": break;
            case "/busy" when times == 1:
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "1";
                break;
            case "/stuck" when _stuck is { } stuck:
                stuck();
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case var _ when IsFlaky(path) && times == 1: context.Response.StatusCode = 500; break;
            default: await context.Response.Body.WriteAsync(ContentOf(path.Split('/')[^1]), context.RequestAborted); break;
        }
    }

    private static bool IsFlaky(string path) => path.StartsWith("/c/", StringComparison.Ordinal) && path.EndsWith('5');

    private static async Task PourAsync(HttpContext context, long bytes)
    {
        await context.Response.Body.WriteAsync(Png, context.RequestAborted);
        var block = new byte[64 * 1024];
        for (var sent = 0L; sent < bytes; sent += block.Length)
            await context.Response.Body.WriteAsync(block, context.RequestAborted);
    }

    private static byte[] ContentOf(string name) => [.. Png, .. Encoding.UTF8.GetBytes(name)];

    private static string KeyOf(string name)
    {
        var digits = Convert.ToHexStringLower(SHA256.HashData(ContentOf(name)));
        return $"{digits[..2]}/{digits}.png";
    }

    private List<string> Files() => [.. Directory.GetFiles(_folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_folder, file))];

    private static string Rehost(string store, string more)
        => $"      - rehost: {{ columns: text, store: {store}, link: \"cdn/{{key}}\", allow: 127.0.0.1, {more} }}";

    private static IEnumerable<string> Reasons(IReadOnlyList<string> quarantined)
    {
        Assert.All(quarantined, record => Assert.DoesNotContain("hunter2", record, StringComparison.Ordinal));
        return quarantined
            .Select(record => record.Split(" got ")[1].Split(" from ")[0].Split(';')[0])
            .Select(reason => reason.StartsWith("a ", StringComparison.Ordinal) || reason.StartsWith("the ", StringComparison.Ordinal) ? reason[(reason.IndexOf(' ', StringComparison.Ordinal) + 1)..] : reason)
            .Order(StringComparer.Ordinal);
    }

    private static Task<List<string>> TextsAsync(SliceLab lab)
        => HttpStepTests.TextsAsync(lab, "SELECT format('%s|%s', id, coalesce(text::text, '-')) FROM public.numbers ORDER BY id");
}
