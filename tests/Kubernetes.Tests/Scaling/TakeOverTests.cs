using k8s.Models;
using Migration.KubernetesStandIn;
using Migration.KubernetesStandIn.Api;
using Migration.KubernetesStandIn.Runners;
using Migration.Worker;

namespace Migration.Kubernetes.Tests.Scaling;

public sealed class TakeOverTests
{
    private static readonly string[] Verbs = ["list", "create", "watch", "patch"];

    [Fact]
    public async Task A_coordinator_that_was_killed_in_the_middle_of_a_wave_is_followed_by_one_that_goes_on()
    {
        await using var bench = await Bench.CreateAsync(80, room: 80);
        await bench.StartAsync();
        await bench.UntilAsync("a wave is on its way", () => bench is { Asked: 30, Ready: < 30 });
        var uid = bench.Job!.Metadata.Uid;

        await bench.StopAsync();
        await bench.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal((30, 30), (bench.Asked, bench.Ready));
        await bench.StartAsync();
        await bench.AllReadyAsync(80);

        Assert.Equal(uid, bench.Job!.Metadata.Uid);
        Assert.Equal((1, 3), (bench.Creations, bench.Patches));
        Assert.Contains(bench.Log.Lines, line => line.Contains("is this run's and goes on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_jobs_owners_are_the_controllers_of_the_coordinators_that_drove_it()
    {
        await using var bench = await Bench.CreateAsync(5, room: 8);
        var (first, second) = (AddCoordinator(bench, "coordinator-1"), AddCoordinator(bench, "coordinator-2"));
        await bench.StartAsync(pod: (Bench.Namespace, "coordinator-1"));
        await bench.AllReadyAsync(5);
        await bench.StopAsync();
        await bench.StartAsync(pod: (Bench.Namespace, "coordinator-2"));

        await bench.UntilAsync("the second owner is there", () => bench.Job!.Metadata.OwnerReferences.Count == 2);

        Assert.Equal([first, second], bench.Job!.Metadata.OwnerReferences.Select(owner => owner.Uid));
        Assert.All(bench.Job.Metadata.OwnerReferences, owner => Assert.Null(owner.BlockOwnerDeletion));
    }

    [Fact]
    public async Task A_job_that_has_ended_while_the_run_goes_on_is_made_anew()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);
        var first = true;
        bench.Cluster.Pods.Script = _ => first ? new PodScript { RunsFor = TimeSpan.FromSeconds(20) } : new PodScript();
        await bench.StartAsync();
        await bench.AllReadyAsync(3);
        var uid = bench.Job!.Metadata.Uid;
        first = false;

        await bench.UntilAsync("another Job's workers run", () => bench.Job is { } job && job.Metadata.Uid != uid && bench.Ready == 3);

        Assert.Equal((2, 0), (bench.Creations, bench.Patches));
    }

    [Fact]
    public async Task A_job_that_failed_in_an_earlier_attempt_is_made_anew()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);
        bench.Cluster.Pods.Script = _ => PodScript.Crash(ExitCode.Configuration);
        await bench.StartAsync();
        await bench.EndsAsync();
        await bench.StopAsync();
        bench.Cluster.Pods.Script = _ => new PodScript();

        await bench.StartAsync();

        await bench.AllReadyAsync(3);
        Assert.Equal(2, bench.Creations);
    }

    [Fact]
    public async Task A_job_that_ends_again_and_again_without_progress_ends_the_run()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);
        bench.Cluster.Pods.Script = _ => new PodScript { RunsFor = TimeSpan.FromSeconds(2) };
        await bench.StartAsync();

        var end = await bench.EndsAsync();

        Assert.Equal(ExitCode.Incomplete, end.Code);
        Assert.Contains("ended 4 times and no slice was taken up meanwhile", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_somebody_deletes_is_made_again()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);
        await bench.StartAsync();
        await bench.AllReadyAsync(3);
        var uid = bench.Job!.Metadata.Uid;

        bench.Cluster.Delete<V1Job>(Bench.Namespace, Bench.JobName);

        await bench.UntilAsync("another runs", () => bench.Job is { } job && job.Metadata.Uid != uid && bench.Ready == 3);
    }

    [Fact]
    public async Task A_job_of_somebody_else_is_named_and_left_alone()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);
        bench.Cluster.Add(IndexedJobs.New(Bench.JobName, change: job => job.Metadata.NamespaceProperty = Bench.Namespace));

        var check = await Assert.ThrowsAsync<UserException>(() => bench.Place().CheckAsync(bench.Run, "shop", Bench.Cancellation));
        await bench.StartAsync();
        var end = await bench.EndsAsync();

        foreach (var refused in new[] { check, end })
        {
            Assert.Equal(ExitCode.Refused, refused.Code);
            Assert.Contains("Namespace 'rec' has a Job 'shop-worker' that no coordinator made", refused.Message, StringComparison.Ordinal);
        }

        Assert.Empty(bench.Cluster.Requests.Writes);
        Assert.Equal((2, 2), (bench.Job!.Spec.Parallelism, bench.Job.Spec.Completions));
    }

    [Fact]
    public async Task The_job_of_another_run_is_left_alone_while_it_goes_on()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);
        await bench.StartAsync();
        await bench.AllReadyAsync(3);
        await bench.StopAsync();
        bench.Cluster.Requests.Clear();
        var other = bench.Run with { Id = Guid.NewGuid(), Name = "other" };

        var refused = await Assert.ThrowsAsync<UserException>(() => bench.Place().CheckAsync(other, "other", Bench.Cancellation));

        Assert.Contains($"works for another run (migration/run-id {bench.Run.Id})", refused.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Cluster.Requests.Writes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_changed_pod_template_is_kept_from_the_running_job_unless_the_user_says_replace(bool replace)
    {
        await using var bench = await Bench.CreateAsync(10, room: 20);
        await bench.StartAsync();
        await bench.AllReadyAsync(10);
        var uid = bench.Job!.Metadata.Uid;

        bench.WriteTemplate(10, text => text.Replace("migration:1", "migration:2", StringComparison.Ordinal)
            .Replace("annotations: {}", $"annotations: {{ migration/on-template-change: {(replace ? "replace" : "keep")} }}", StringComparison.Ordinal));

        if (replace)
        {
            await bench.UntilAsync("the new Job's workers run", () => bench.Job is { } job && job.Metadata.Uid != uid && bench.Ready == 10);
            Assert.Equal("localhost/migration:2", bench.Job!.Spec.Template.Spec.Containers[0].Image);
        }
        else
        {
            await bench.PassAsync(TimeSpan.FromMinutes(2));
            Assert.Equal(uid, bench.Job!.Metadata.Uid);
            Assert.Single(bench.Log.Lines, line => line.Contains("The pod template of the worker Job has changed", StringComparison.Ordinal));
            bench.WriteTemplate(12, text => text.Replace("migration:1", "migration:2", StringComparison.Ordinal));
            await bench.AllReadyAsync(12);
            Assert.Equal(uid, bench.Job!.Metadata.Uid);
        }
    }

    [Fact]
    public async Task At_the_end_pods_that_found_no_node_are_let_go_and_the_job_is_over()
    {
        await using var bench = await Bench.CreateAsync(40, room: 20);
        await bench.StartAsync();
        await bench.NoteSaysAsync("20 of 40 workers run; 10 wait");
        await bench.StopAsync();

        var end = bench.Place().LetGoAsync(bench.Run, Bench.Cancellation);
        await bench.UntilAsync("the Job is complete", () => bench.Job!.Status.Conditions?.Any(c => c is { Type: "Complete", Status: "True" }) == true);
        await end;

        Assert.Equal((0, 0), (bench.Job!.Spec.Parallelism, bench.Job.Spec.Completions));
        Assert.DoesNotContain(bench.Cluster.PodsIn(Bench.Namespace), pod => pod.Status.Phase is "Pending" or "Running");
    }

    [Fact]
    public async Task At_the_end_workers_that_end_by_themselves_need_no_request()
    {
        await using var bench = await Bench.CreateAsync(5, room: 20);
        bench.Cluster.Pods.Script = _ => new PodScript { RunsFor = TimeSpan.FromSeconds(30) };
        await bench.StartAsync();
        await bench.AllReadyAsync(5);
        await bench.StopAsync();
        await bench.PassAsync(TimeSpan.FromSeconds(20));
        bench.Cluster.Requests.Clear();

        var end = bench.Place().LetGoAsync(bench.Run, Bench.Cancellation);
        await bench.UntilAsync("the Job is complete", () => end.IsCompleted);
        await end;

        Assert.Equal(5, bench.Job!.Status.Succeeded);
        Assert.Empty(bench.Cluster.Requests.Writes);
    }

    [Theory]
    [InlineData("1.30", "The cluster is Kubernetes 1.30")]
    [InlineData("1.28", "needs 1.31 or newer")]
    public async Task A_cluster_that_is_too_old_is_told_so(string version, string expected)
    {
        await using var bench = await Bench.CreateAsync(3, room: 8, options: new ClusterOptions { Version = version });

        var refused = await Assert.ThrowsAsync<UserException>(() => bench.Place().CheckAsync(null, "shop", Bench.Cancellation));

        Assert.Equal(ExitCode.Configuration, refused.Code);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Cluster.Requests.Writes);
    }

    [Fact]
    public async Task A_namespace_that_is_not_there_is_told_and_nothing_is_made()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);

        var refused = await Assert.ThrowsAsync<UserException>(
            () => bench.Place(@namespace: "nowhere").CheckAsync(null, "shop", Bench.Cancellation));

        Assert.Equal((ExitCode.Configuration, "The cluster has no namespace 'nowhere'. Create it, or name another with --namespace."), (refused.Code, refused.Message));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("create")]
    public async Task A_right_that_is_missing_is_told_with_verb_resource_and_namespace(string missing)
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);
        bench.Cluster.Access.AddUser(
            "weak", "system:serviceaccount:rec:weak", new AccessRule("batch", ["jobs"], [.. Verbs.Where(verb => verb != missing)]));
        bench.WriteKubeconfig("weak");

        var refused = await Assert.ThrowsAsync<UserException>(() => bench.Place().CheckAsync(null, "shop", Bench.Cancellation));

        Assert.Equal(ExitCode.Configuration, refused.Code);
        Assert.StartsWith($"The cluster does not let the coordinator {missing} jobs in namespace 'rec': ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("system:serviceaccount:rec:weak", refused.Message, StringComparison.Ordinal);
        Assert.Null(bench.Job);
    }

    [Fact]
    public async Task A_right_that_is_missing_for_watches_ends_the_run_with_one_sentence()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);
        bench.Cluster.Access.AddUser("weak", "system:serviceaccount:rec:weak", new AccessRule("batch", ["jobs"], ["*"]), new AccessRule("", ["events"], ["*"]));
        bench.WriteKubeconfig("weak");
        await bench.StartAsync();

        var end = await bench.EndsAsync();

        Assert.Equal(ExitCode.Configuration, end.Code);
        Assert.Contains("watch pods in namespace 'rec'", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_field_that_the_cluster_does_not_know_is_told_before_anything_is_made()
    {
        await using var bench = await Bench.CreateAsync(
            3, room: 8, text => text.Replace("  parallelism", "  paralelism: 3\n  parallelism", StringComparison.Ordinal));

        var refused = await Assert.ThrowsAsync<UserException>(() => bench.Place().CheckAsync(null, "shop", Bench.Cancellation));

        Assert.Contains("unknown field \"spec.paralelism\"", refused.Message, StringComparison.Ordinal);
        Assert.Null(bench.Job);
    }

    [Fact]
    public async Task What_is_right_is_rehearsed_and_not_made()
    {
        await using var bench = await Bench.CreateAsync(3, room: 8);

        await bench.Place().CheckAsync(null, "shop", Bench.Cancellation);

        Assert.Null(bench.Job);
        Assert.Single(bench.Cluster.Requests.Writes);
        Assert.Contains("dryRun=All", bench.Cluster.Requests.Writes[0].Path, StringComparison.Ordinal);
        Assert.Contains("fieldValidation=Strict", bench.Cluster.Requests.Writes[0].Path, StringComparison.Ordinal);
    }

    /// <returns>The uid of the pod's controller.</returns>
    private static string AddCoordinator(Bench bench, string name)
    {
        bench.Cluster.Add(new V1ReplicaSet
        {
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = Bench.Namespace },
            Spec = new V1ReplicaSetSpec { Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = name } } },
        });
        var uid = bench.Cluster.All<V1ReplicaSet>(Bench.Namespace).Single(set => set.Metadata.Name == name).Metadata.Uid;
        bench.Cluster.Add(new V1Pod
        {
            Metadata = new V1ObjectMeta
            {
                Name = name,
                NamespaceProperty = Bench.Namespace,
                OwnerReferences = [new V1OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = name, Uid = uid, Controller = true }],
            },
            Spec = new V1PodSpec { Containers = [new V1Container { Name = "coordinator", Image = "localhost/migration:1" }] },
        });
        return uid;
    }
}
