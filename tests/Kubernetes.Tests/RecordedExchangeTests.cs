using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Migration.KubernetesStandIn.Api;

namespace Migration.Kubernetes.Tests;

/// <summary>The stand-in is asked what a real API server was asked, in the same order, and must answer the same.</summary>
public sealed class RecordedExchangeTests
{
    [Fact]
    public async Task A_job_lives_scales_and_is_refused_as_recorded()
    {
        await using var scene = await RecordedScene.SetAsync();
        await scene.SameAsync("01-create-job");
        await scene.SameAsync("02-create-same-name");
        await scene.LaterAsync(3);
        await scene.SameAsync("03-get-job-running");
        await scene.SameAsync("04-list-pods-running");
        await scene.SameAsync("05-patch-parallelism-and-completions");
        await scene.SameAsync("06-patch-completions-alone-refused");
        await scene.SameAsync("07-patch-parallelism-alone");
        await scene.SameAsync("08-patch-template-refused", "status", "reason", "message", "code", "details.kind", "details.name");
        await scene.SameAsync("09-patch-stale-resource-version");
        await scene.SameAsync("10-patch-negative", "status", "reason", "message", "code", "details.kind", "details.name");
        await scene.SameAsync("11-get-missing");
    }

    [Fact]
    public async Task Scaling_down_ends_the_highest_indexes_as_recorded()
    {
        await using var scene = await RecordedScene.SetAsync();
        await scene.AskAsync("01-create-job");
        await scene.LaterAsync(3);
        await scene.AskAsync("05-patch-parallelism-and-completions");
        await scene.LaterAsync(2.5);
        await scene.AskAsync("07-patch-parallelism-alone");
        // The recorded answer is of a moment at which one of the four was not ready yet.
        await scene.SameAsync("12-scale-down", "spec", "metadata", "status.active", "status.terminating");
        await scene.SameAsync("13-pods-after-scale-down");
        await scene.LaterAsync(8);
        await scene.SameAsync("14-job-after-scale-down");
    }

    [Fact]
    public async Task Pods_that_find_no_room_and_one_that_is_evicted_look_as_recorded()
    {
        await using var scene = await RecordedScene.SetAsync();
        await scene.SameAsync("20-create-too-big");
        await scene.LaterAsync(3);
        var (_, pods) = await scene.AskAsync("21-pods-some-unschedulable");
        Assert.Equal(ByPhase("21-pods-some-unschedulable"), ByPhase(pods));
        await scene.SameAsync("23-job-some-pending");

        var (_, events) = await scene.AskAsync("22-events-unschedulable");
        Assert.Equal(
            Kinds("22-events-unschedulable", "big-").Select(WithoutIndex).Distinct(), Kinds(events, "big-").Select(WithoutIndex).Distinct());

        var evicted = pods["items"]!.AsArray().First(pod => (string?)pod!["status"]!["phase"] == "Running")!;
        var (status, _) = await scene.AskAsync("24-evict", ("big-0-c2zjg", (string)evicted["metadata"]!["name"]!));
        Assert.Equal(201, status);
        (_, pods) = await scene.AskAsync("25-pod-evicted-terminating");
        Assert.Equal(Going("25-pod-evicted-terminating"), Going(pods));

        await scene.LaterAsync(7);
        (_, pods) = await scene.AskAsync("26-pods-after-eviction");
        Assert.Equal(Going("26-pods-after-eviction"), Going(pods));
        Assert.Equal(2, pods["items"]!.AsArray().Count(pod => (string?)pod!["status"]!["phase"] == "Running"));

        // Which of the four finds room is by chance.
        static string WithoutIndex(string kind) => Regex.Replace(kind, @"big-\d", "big-*");
    }

    [Fact]
    public async Task Pods_that_fail_make_their_jobs_fail_as_recorded()
    {
        await using var scene = await RecordedScene.SetAsync();
        await scene.SameAsync("31-create-config-error");
        await scene.SameAsync("32-create-image-missing");
        await scene.SameAsync("33-create-crash-loop");
        await scene.LaterAsync(2);
        await scene.SameAsync("35-pods-img");
        await scene.LaterAsync(20);
        await scene.SameAsync("34-job-cfg");
        await scene.SameAsync("35-pods-cfg");
        await scene.SameAsync("34-job-crash");
        await scene.SameAsync("35-pods-crash");
        await scene.SameAsync("34-job-img");
        var (_, events) = await scene.AskAsync("36-events-jobs");
        Assert.Equal(Kinds("36-events-jobs", "cfg", "crash", "img"), Kinds(events, "cfg", "crash", "img"));
        (_, events) = await scene.AskAsync("37-events-pods");
        Assert.Equal(Kinds("37-events-pods", "cfg-", "img-"), Kinds(events, "cfg-", "img-"));
    }

    [Fact]
    public async Task A_pod_without_memory_is_killed_as_recorded()
    {
        await using var scene = await RecordedScene.SetAsync();
        await scene.SameAsync("30-create-oom");
        await scene.LaterAsync(14.5);
        await scene.SameAsync("34-job-oom");
        var (_, pods) = await scene.AskAsync("35-pods-oom");
        Assert.Equal(Essence.Of(FirstFailed(Exchange.Read("35-pods-oom").Answer)), Essence.Of(FirstFailed(pods)));

        static JsonNode? FirstFailed(JsonNode list) => list["items"]!.AsArray().First(pod => (string?)pod!["status"]!["phase"] == "Failed");
    }

    [Fact]
    public async Task A_job_beyond_the_quota_gets_the_recorded_refusals()
    {
        await using var scene = await RecordedScene.SetAsync();
        await scene.AskAsync("20-create-too-big");
        await scene.LaterAsync(3);
        await scene.SameAsync("40-create-quota");
        await scene.SameAsync("41-create-over-quota");
        await scene.LaterAsync(0.5);
        await DeleteBigAsync(scene);
        await scene.LaterAsync(19);
        await scene.SameAsync("42-job-over-quota");
        await scene.SameAsync("45-quota-status");
        var (_, pods) = await scene.AskAsync("43-pods-over-quota");
        Assert.Equal(ByPhase("43-pods-over-quota"), ByPhase(pods));
        var (_, events) = await scene.AskAsync("44-events-over-quota");
        var mine = Kinds(events, "quota");
        Assert.Contains(mine, kind => kind.Contains("exceeded quota: q, requested: pods=1,requests.cpu=50m, used: pods=2,requests.cpu=1800m, limited: pods=2,requests.cpu=1", StringComparison.Ordinal));
        Assert.Contains(mine, kind => kind.Contains("exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_watch_sees_a_job_from_begin_to_end_as_recorded()
    {
        await using var scene = await RecordedScene.SetAsync();
        var recorded = Exchange.Read("50-watch-jobs");
        using var client = new HttpClient { BaseAddress = scene.Cluster.Address };
        await using var stream = await client.GetStreamAsync(recorded.Path, TestContext.Current.CancellationToken);
        var job = Exchange.Read("33-create-crash-loop").Body!;
        job["metadata"]!["name"] = "wat";
        job["spec"]!["template"]!["spec"]!["containers"]![0]!["command"] = new JsonArray("sh", "-c", "sleep 3");
        await (Exchange.Read("33-create-crash-loop") with { Body = job }).AskAsync(scene.Cluster.Address);
        await scene.LaterAsync(14);

        var lines = new List<JsonNode>();
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            lines.Add(JsonNode.Parse(line)!);
        Assert.Equal(recorded.Answer.AsArray().Select(Line), lines.Select(Line));

        static string Line(JsonNode? line) => Essence.Of(line);
    }

    [Theory]
    [InlineData("53-server-version")]
    [InlineData("54-self-subject-access-review")]
    [InlineData("57-missing-namespace")]
    [InlineData("58-unknown-field-strict")]
    [InlineData("59-parallelism-string")]
    public async Task Single_answers_are_as_recorded(string name)
    {
        await using var scene = await RecordedScene.SetAsync();
        await scene.SameAsync(name);
    }

    [Fact]
    public async Task A_user_without_rights_is_refused_as_recorded()
    {
        await using var scene = await RecordedScene.SetAsync();
        scene.Cluster.Access.AddUser("weak", "system:serviceaccount:rec:weak", new AccessRule("batch", ["jobs"], ["get"]));
        var recorded = Exchange.Read("56-forbidden");
        var (status, answer) = await recorded.AskAsync(scene.Cluster.Address, "weak");
        Assert.Equal(403, status);
        Assert.Equal(Essence.Of(recorded.Answer), Essence.Of(answer));
    }

    [Fact]
    public async Task A_node_shows_what_it_can_give_as_recorded()
    {
        await using var scene = await RecordedScene.SetAsync();
        var recorded = Exchange.Read("55-nodes");
        var (_, answer) = await recorded.AskAsync(scene.Cluster.Address);
        foreach (var resource in new[] { "cpu", "memory", "pods" })
        {
            Assert.Equal(
                (string?)recorded.Answer["items"]![0]!["status"]!["allocatable"]![resource],
                (string?)answer["items"]![0]!["status"]!["allocatable"]![resource]);
        }
    }

    private static async Task DeleteBigAsync(RecordedScene scene)
    {
        using var client = new HttpClient { BaseAddress = scene.Cluster.Address };
        using var answer = await client.DeleteAsync(
            "/apis/batch/v1/namespaces/rec/jobs/big?propagationPolicy=Background", TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static string Going(string name) => Going(Exchange.Read(name).Answer);

    private static string Going(JsonNode list) => Essence.Of(new JsonArray([.. list["items"]!.AsArray()
        .Where(pod => pod!["metadata"]!["deletionTimestamp"] is not null).Select(pod => new JsonObject { ["status"] = pod!["status"]!.DeepClone() })]));

    private static IEnumerable<string> ByPhase(string name) => ByPhase(Exchange.Read(name).Answer);

    // Which of the pods gets the room is by chance.
    private static IEnumerable<string> ByPhase(JsonNode list) => list["items"]!.AsArray()
        .Select(pod => Essence.Of(new JsonObject { ["status"] = pod!["status"]!.DeepClone() })).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Kinds(string name, params string[] about) => Kinds(Exchange.Read(name).Answer, about);

    private static IEnumerable<string> Kinds(JsonNode events, params string[] about) => events["items"]!.AsArray()
        .Where(one => about.Any(prefix => ((string)one!["involvedObject"]!["name"]!).StartsWith(prefix, StringComparison.Ordinal)))
        .Select(one => $"{one!["type"]} {one["reason"]} {Essence.WithoutSuffix((string)one["involvedObject"]!["name"]!)}: "
            + $"{Essence.WithoutSuffix((string)one["message"]!).Replace(" to vm", " to node-1", StringComparison.Ordinal)}")
        .Order(StringComparer.Ordinal);
}
