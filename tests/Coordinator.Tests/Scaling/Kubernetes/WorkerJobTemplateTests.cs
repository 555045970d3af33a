using System.Text.Json.Nodes;
using k8s.Models;
using Migration.Contracts.Ledger;
using Migration.Coordinator.Scaling.Kubernetes;
using Migration.Worker;

namespace Migration.Coordinator.Tests.Scaling.Kubernetes;

public sealed class WorkerJobTemplateTests
{
    private const string Manifest =
        """
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: shop-worker
          namespace: shop
          labels: { app.kubernetes.io/name: migration }
          annotations:
            migration/wave: "50"
            migration/first-wave: "10"
        spec:
          parallelism: 300
          template:
            metadata:
              annotations: { note: "on" }
            spec:
              containers:
                - name: worker
                  image: registry.example/migration:0.1.0
                  env: [{ name: MIGRATION_BROKER, value: "amqp://broker" }]
                  resources: { requests: { cpu: 500m, memory: 256Mi } }
              volumes:
                - name: secret
                  secret: { secretName: shop, defaultMode: 0400 }
        """;

    private static readonly RunRecord Run = new(
        Guid.Parse("018f0000-0000-7000-8000-000000000001"), "shop_1.", RunState.Running, "{}", "hash", null, default, null, null);

    [Fact]
    public void The_template_says_how_many_workers_in_which_waves()
    {
        var template = WorkerJobTemplate.Parse(Manifest);

        Assert.Equal(("shop-worker", "shop", 300, false), (template.Name, template.Namespace, template.Parallelism!.Value, template.ReplaceOnChange));
        Assert.Equal(new WaveSizes(10, 50), template.Waves);
    }

    [Fact]
    public void Without_annotations_the_first_wave_is_5_and_the_others_25()
        => Assert.Equal(new WaveSizes(5, 25), WorkerJobTemplate.Parse(Without("annotations:", "migration/wave", "migration/first-wave")).Waves);

    [Fact]
    public void The_job_has_this_runs_labels_and_what_the_template_leaves_open()
    {
        var owner = new V1OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = "coordinator-1", Uid = "rs-1", Controller = true, BlockOwnerDeletion = true };

        var job = WorkerJobManifest.Build(WorkerJobTemplate.Parse(Manifest), Run, "other", 10, owner);

        Assert.Equal(
            """{"completionMode":"Indexed","parallelism":10,"completions":10,"backoffLimitPerIndex":6,"podReplacementPolicy":"Failed","ttlSecondsAfterFinished":3600}""",
            Part(job["spec"]!, "completionMode", "parallelism", "completions", "backoffLimitPerIndex", "podReplacementPolicy", "ttlSecondsAfterFinished"));
        Assert.Equal(
            """{"rules":[{"action":"Ignore","onPodConditions":[{"type":"DisruptionTarget","status":"True"}]},{"action":"Ignore","onExitCodes":{"operator":"In","values":[130],"containerName":"worker"}},{"action":"FailJob","onExitCodes":{"operator":"In","values":[2],"containerName":"worker"}}]}""",
            job["spec"]!["podFailurePolicy"]!.ToJsonString());
        Assert.Equal("other", (string?)job["metadata"]!["namespace"]);
        Assert.Equal(
            """[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"coordinator-1","uid":"rs-1"}]""", job["metadata"]!["ownerReferences"]!.ToJsonString());
        foreach (var labels in new[] { job["metadata"]!["labels"]!, job["spec"]!["template"]!["metadata"]!["labels"]! })
            Assert.Equal((Run.Id.ToString(), "shop_1"), ((string?)labels["migration/run-id"], (string?)labels["migration/run-name"]));
        Assert.Equal("coordinator", (string?)job["metadata"]!["annotations"]!["migration/managed-by"]);
        var pod = job["spec"]!["template"]!["spec"]!;
        Assert.Equal("Never", (string?)pod["restartPolicy"]);
        Assert.Equal("FallbackToLogsOnError", (string?)pod["containers"]![0]!["terminationMessagePolicy"]);
        Assert.Equal(
            """[{"name":"MIGRATION_BROKER","value":"amqp://broker"},{"name":"MIGRATION_RUN","value":"shop_1."}]""",
            pod["containers"]![0]!["env"]!.ToJsonString());
        Assert.Equal(256, (long)pod["volumes"]![0]!["secret"]!["defaultMode"]!);
    }

    [Fact]
    public void What_the_template_says_is_kept()
    {
        var text = Manifest.Replace("  parallelism: 300", "  parallelism: 300\n  backoffLimitPerIndex: 2\n  ttlSecondsAfterFinished: 0\n  podFailurePolicy: { rules: [] }\n  newerThanTheClient: { a: [1] }", StringComparison.Ordinal);

        var spec = WorkerJobManifest.Build(WorkerJobTemplate.Parse(text), Run, "shop", 1, owner: null)["spec"]!;

        Assert.Equal(
            """{"backoffLimitPerIndex":2,"ttlSecondsAfterFinished":0,"podFailurePolicy":{"rules":[]},"newerThanTheClient":{"a":[1]}}""",
            Part(spec, "backoffLimitPerIndex", "ttlSecondsAfterFinished", "podFailurePolicy", "newerThanTheClient"));
    }

    [Theory]
    [InlineData("  parallelism: 300", "  parallelism: 7", true)]
    [InlineData("  parallelism: 300", "  parallelism: 300\n  ttlSecondsAfterFinished: 60", true)]
    [InlineData("migration/wave: \"50\"", "migration/wave: \"20\"", true)]
    [InlineData("500m", "700m", false)]
    [InlineData("registry.example/migration:0.1.0", "registry.example/migration:0.2.0", false)]
    [InlineData("  parallelism: 300", "  parallelism: 300\n  backoffLimitPerIndex: 2", false)]
    public void The_hash_tells_what_cannot_be_changed_while_the_job_runs(string before, string after, bool isSame)
        => Assert.Equal(
            isSame, WorkerJobTemplate.Parse(Manifest).Hash == WorkerJobTemplate.Parse(Manifest.Replace(before, after, StringComparison.Ordinal)).Hash);

    [Theory]
    [InlineData("parallelism: 300", "parallelism: 0", "spec.parallelism is 0; expected a whole number from 1 to 10,000")]
    [InlineData("parallelism: 300", "parallelism: -3", "spec.parallelism is -3; expected")]
    [InlineData("parallelism: 300", "parallelism: many", "spec.parallelism is \"many\"; expected")]
    [InlineData("parallelism: 300", "parallelism: \"300\"", "spec.parallelism is \"300\"; expected")]
    [InlineData("parallelism: 300", "parallelism: 1e6", "spec.parallelism is 1000000; expected")]
    [InlineData("parallelism: 300", "parallelism: 1000000", "spec.parallelism is 1000000; expected")]
    [InlineData("parallelism: 300", "parallelism: [3]", "spec.parallelism is [3]; expected")]
    [InlineData("\"50\"", "\"0\"", "the annotation migration/wave is \"0\"; expected")]
    [InlineData("\"10\"", "\"few\"", "the annotation migration/first-wave is \"few\"; expected")]
    [InlineData("kind: Job", "kind: Deployment", "kind is \"Deployment\"; expected Job")]
    [InlineData("apiVersion: batch/v1", "a: b", "apiVersion is missing; expected batch/v1")]
    [InlineData("  name: shop-worker", "", "metadata.name is missing")]
    [InlineData("  parallelism: 300", "  completionMode: NonIndexed", "spec.completionMode is \"NonIndexed\"; expected Indexed")]
    public void A_template_that_cannot_be_scaled_is_refused_with_the_field(string before, string after, string expected)
    {
        var refused = Assert.Throws<FormatException>(() => WorkerJobTemplate.Parse(Manifest.Replace(before, after, StringComparison.Ordinal)));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "cannot be used: it is empty")]
    [InlineData("- a", "cannot be used: it holds no map")]
    [InlineData("a: b\n---\nc: d", "it holds 2 documents")]
    [InlineData("a: [", "is not YAML")]
    [InlineData("a: b\na: c", "is not YAML")]
    public void A_file_that_is_no_manifest_is_refused_with_its_path(string text, string expected)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            var refused = Assert.Throws<UserException>(() => WorkerJobTemplate.Load(path));
            Assert.Contains(path, refused.Message, StringComparison.Ordinal);
            Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused_with_its_path()
    {
        var refused = Assert.Throws<UserException>(() => WorkerJobTemplate.Load("/no/such/worker-job.yaml"));

        Assert.Equal(ExitCode.Configuration, refused.Code);
        Assert.Contains("/no/such/worker-job.yaml", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("shop", "shop")]
    [InlineData("shop_1.", "shop_1")]
    [InlineData("Köln 1", "K-ln-1")]
    public void A_runs_name_becomes_a_labels_value(string name, string expected) => Assert.Equal(expected, WorkerJobManifest.LabelValue(name));

    private static string Without(params string[] lines)
        => string.Join('\n', Manifest.Split('\n').Where(line => !lines.Any(each => line.TrimStart().StartsWith(each, StringComparison.Ordinal))
            || line.Contains("note", StringComparison.Ordinal)));

    private static string Part(JsonNode map, params string[] keys)
        => new JsonObject(keys.Select(key => KeyValuePair.Create(key, map[key]?.DeepClone()))).ToJsonString();
}
