using Migration.KubernetesStandIn.Api;

namespace Migration.Kubernetes.Tests.Scaling;

public sealed class ApiTroubleTests
{
    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task Requests_that_fail_for_a_while_are_made_again(int status)
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        bench.Cluster.Faults.Fail(6, status);
        bench.Cluster.Faults.Fail(3, status, "patch");
        await bench.StartAsync();

        await bench.AllReadyAsync(40);

        Assert.Equal(2, Answered(bench, "patch"));
        Assert.Contains(bench.Log.Lines, line => line.Contains("The Kubernetes API server cannot be used and is tried again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_asks_to_be_left_alone_is()
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        await bench.StartAsync();
        await bench.UntilAsync("the first wave is there", () => bench.Asked == 5);
        bench.Cluster.Faults.Throttle(3, retryAfterSeconds: 40, "patch");

        await bench.AllReadyAsync(40);

        var patches = bench.Cluster.Requests.All.Where(request => request.Verb == "patch").Take(4).ToList();
        Assert.Equal([429, 429, 429, 200], patches.Select(request => request.Status));
        for (var i = 1; i < patches.Count; i++)
            Assert.InRange((patches[i].When - patches[i - 1].When).TotalSeconds, 39.9, 120);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("patch")]
    public async Task A_write_whose_answer_is_lost_is_made_once_in_effect(string verb)
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        bench.Cluster.Faults.LoseAnswers(1, verb);
        await bench.StartAsync();

        await bench.AllReadyAsync(40);

        Assert.Single(bench.Cluster.All<k8s.Models.V1Job>(Bench.Namespace));
    }

    [Fact]
    public async Task A_conflict_is_met_by_looking_again()
    {
        await using var bench = await Bench.CreateAsync(40, room: 80);
        bench.Cluster.Faults.Fail(2, 409, "patch");
        await bench.StartAsync();

        await bench.AllReadyAsync(40);

        Assert.Equal(2, Answered(bench, "patch"));
    }

    [Fact]
    public async Task A_server_that_is_away_for_a_minute_only_delays()
    {
        await using var bench = await Bench.CreateAsync(80, room: 80);
        await bench.StartAsync();
        await bench.UntilAsync("a wave is on its way", () => bench is { Asked: 30, Ready: < 30 });

        await bench.Cluster.GoAwayAsync();
        await bench.PassAsync(TimeSpan.FromMinutes(1));
        await bench.Cluster.ComeBackAsync();

        await bench.AllReadyAsync(80);
        Assert.Equal(1, bench.Creations);
        Assert.InRange(bench.Log.Lines.Count(line => line.Contains("cannot be used", StringComparison.Ordinal)), 1, 4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Watches_whose_place_is_forgotten_begin_anew_with_one_list_each(bool asHttp)
    {
        await using var bench = await Bench.CreateAsync(80, room: 80);
        bench.Cluster.Faults.ExpiredWatchAsHttp = asHttp;
        await bench.StartAsync();
        await bench.UntilAsync("some run", () => bench.Ready == 30);

        await bench.Cluster.GoAwayAsync();
        await bench.PassAsync(TimeSpan.FromSeconds(30));
        bench.Cluster.ExpireHistory();
        await bench.Cluster.ComeBackAsync();

        await bench.AllReadyAsync(80);
        Assert.InRange(bench.Cluster.Requests.Count("list", "pods"), 1, 2);
    }

    [Theory]
    [InlineData(WatchEnd.InOrder)]
    [InlineData(WatchEnd.Cut)]
    [InlineData(WatchEnd.Expired)]
    public async Task Watches_that_end_go_on(WatchEnd how)
    {
        await using var bench = await Bench.CreateAsync(80, room: 80);
        await bench.StartAsync();
        foreach (var ready in new[] { 5, 30, 55 })
        {
            await bench.UntilAsync($"{ready} run", () => bench.Ready >= ready);
            bench.Cluster.EndWatches(how);
        }

        await bench.AllReadyAsync(80);
        Assert.Equal((1, 3), (bench.Creations, bench.Patches));
    }

    [Fact]
    public async Task Hours_pass_without_a_request_but_for_the_renewal_of_watches()
    {
        await using var bench = await Bench.CreateAsync(5, room: 8);
        await bench.StartAsync();
        await bench.AllReadyAsync(5);
        var before = bench.Cluster.Requests.All.Count;

        await bench.PassAsync(TimeSpan.FromMinutes(20));

        var since = bench.Cluster.Requests.All.Skip(before).ToList();
        Assert.All(since, request => Assert.Equal("watch", request.Verb));
        Assert.InRange(since.Count, 3, 30);
    }

    private static int Answered(Bench bench, string verb) => bench.Cluster.Requests.All.Count(request => request.Verb == verb && request.Status < 300);
}
