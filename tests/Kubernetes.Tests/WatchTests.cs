using System.Text.Json.Nodes;
using k8s;
using Migration.KubernetesStandIn;
using Migration.KubernetesStandIn.Api;

namespace Migration.Kubernetes.Tests;

public sealed class WatchTests
{
    private const string Jobs = "/apis/batch/v1/namespaces/rec/jobs";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watch_resumes_where_another_ended()
    {
        await using var cluster = await JobTests.NewCluster();
        using var client = cluster.NewClient();
        var list = await client.BatchV1.ListNamespacedJobAsync(IndexedJobs.Namespace, cancellationToken: Cancellation);
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New("a"), IndexedJobs.Namespace, cancellationToken: Cancellation);
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New("b"), IndexedJobs.Namespace, cancellationToken: Cancellation);

        using var watch = await OpenAsync(cluster, $"{Jobs}?watch=true&resourceVersion={list.Metadata.ResourceVersion}&fieldSelector=metadata.name=b");
        Assert.Equal("ADDED b", await NextAsync(watch));
        cluster.EndWatches(WatchEnd.InOrder);
        Assert.StartsWith("MODIFIED b", await NextAsync(watch), StringComparison.Ordinal);
        Assert.Null(await NextAsync(watch));
        Assert.Equal(0, cluster.OpenWatches);
    }

    [Fact]
    public async Task A_revision_that_is_too_old_is_told_as_a_line_or_as_410()
    {
        await using var cluster = await JobTests.NewCluster();
        cluster.ExpireHistory();

        using (var watch = await OpenAsync(cluster, $"{Jobs}?watch=true&resourceVersion=2"))
        {
            var line = JsonNode.Parse((await watch.ReadLineAsync(Cancellation))!)!;
            Assert.Equal(("ERROR", 410), ((string)line["type"]!, (int)line["object"]!["code"]!));
            Assert.Null(await watch.ReadLineAsync(Cancellation));
        }

        cluster.Faults.ExpiredWatchAsHttp = true;
        using var client = new HttpClient { BaseAddress = cluster.Address };
        using var answer = await client.GetAsync($"{Jobs}?watch=true&resourceVersion=2", Cancellation);
        Assert.Equal(410, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Open_watches_can_be_cut_and_expired()
    {
        await using var cluster = await JobTests.NewCluster();
        using (var watch = await OpenAsync(cluster, $"{Jobs}?watch=true"))
        {
            cluster.EndWatches(WatchEnd.Expired);
            Assert.Contains("\"code\":410", await watch.ReadLineAsync(Cancellation), StringComparison.Ordinal);
        }

        using (var watch = await OpenAsync(cluster, $"{Jobs}?watch=true"))
        {
            cluster.EndWatches(WatchEnd.Cut);
            await Assert.ThrowsAnyAsync<IOException>(async () => await watch.ReadLineAsync(Cancellation));
        }
    }

    [Fact]
    public async Task A_watch_with_a_selector_sees_objects_come_and_go_from_it()
    {
        await using var cluster = await JobTests.NewCluster();
        using var client = cluster.NewClient();
        using var watch = await OpenAsync(cluster, "/api/v1/namespaces/rec/pods?watch=true&fieldSelector=status.phase%3DRunning");
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New(count: 1), IndexedJobs.Namespace, cancellationToken: Cancellation);
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(2));
        Assert.StartsWith("ADDED w-0-", await NextAsync(watch), StringComparison.Ordinal);
        cluster.Evict(IndexedJobs.Namespace, cluster.PodsIn(IndexedJobs.Namespace)[0].Metadata.Name);
        await cluster.AdvanceAsync(TimeSpan.FromSeconds(8));
        var types = new List<string>();
        while (types.LastOrDefault() != "DELETED")
            types.Add((await NextAsync(watch))!.Split(' ')[0]);
        Assert.All(types[..^1], type => Assert.Equal("MODIFIED", type));
    }

    [Fact]
    public async Task The_api_is_away_and_comes_back_at_the_same_address()
    {
        await using var cluster = await JobTests.NewCluster();
        using var client = new HttpClient { BaseAddress = cluster.Address };
        await cluster.GoAwayAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/version", Cancellation));
        await cluster.ComeBackAsync();
        using var answer = await client.GetAsync("/version", Cancellation);
        Assert.True(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task Requests_are_throttled_cut_and_lose_their_answers()
    {
        await using var cluster = await JobTests.NewCluster();
        using var client = new HttpClient { BaseAddress = cluster.Address };
        cluster.Faults.Throttle(1, retryAfterSeconds: 7);
        using (var answer = await client.GetAsync(Jobs, Cancellation))
            Assert.Equal((429, TimeSpan.FromSeconds(7)), ((int)answer.StatusCode, answer.Headers.RetryAfter?.Delta));
        cluster.Faults.Cut(1);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(Jobs, Cancellation));
        cluster.Faults.LoseAnswers(1, verb: "create");
        await Assert.ThrowsAsync<HttpRequestException>(() => Exchange.Read("01-create-job").AskAsync(cluster.Address));
        Assert.NotNull(cluster.Job(IndexedJobs.Namespace, "w"));
        Assert.Equal([429, 0, 0], cluster.Requests.All.Select(request => request.Status));
    }

    [Fact]
    public async Task A_list_comes_in_pages_of_one_moment()
    {
        await using var cluster = await JobTests.NewCluster();
        using var client = cluster.NewClient();
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New(count: 5), IndexedJobs.Namespace, cancellationToken: Cancellation);
        var first = await client.CoreV1.ListNamespacedPodAsync(IndexedJobs.Namespace, limit: 2, cancellationToken: Cancellation);
        await client.BatchV1.CreateNamespacedJobAsync(IndexedJobs.New("more"), IndexedJobs.Namespace, cancellationToken: Cancellation);
        var second = await client.CoreV1.ListNamespacedPodAsync(
            IndexedJobs.Namespace, limit: 100, continueParameter: first.Metadata.ContinueProperty, cancellationToken: Cancellation);

        Assert.Equal((2, 3), (first.Items.Count, second.Items.Count));
        Assert.Equal(3, first.Metadata.RemainingItemCount);
        Assert.Equal(first.Metadata.ResourceVersion, second.Metadata.ResourceVersion);
    }

    private static async Task<StreamReader> OpenAsync(Cluster cluster, string path)
    {
        using var client = new HttpClient { BaseAddress = cluster.Address };
        return new StreamReader(await client.GetStreamAsync(path, Cancellation));
    }

    private static async Task<string?> NextAsync(StreamReader watch)
    {
        if (await watch.ReadLineAsync(Cancellation) is not { } line)
            return null;
        var change = JsonNode.Parse(line)!;
        return $"{change["type"]} {change["object"]!["metadata"]!["name"]}";
    }
}
