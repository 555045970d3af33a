using Migration.Chart.Tests.Harness;
using Migration.Chart.Tests.Validation;

namespace Migration.Chart.Tests;

/// <summary>The check that all others rely on finds what an API server refuses.</summary>
public sealed class StrictObjectTests
{
    private const string Job = """
        apiVersion: batch/v1
        kind: Job
        metadata: { name: a }
        spec:
          parallelism: 3
          template:
            spec:
              restartPolicy: Never
              containers:
                - name: worker
                  image: worker:1
                  env: [{ name: PORT, value: "8080" }]
                  resources: { requests: { cpu: 1, memory: 256Mi } }
                  readinessProbe: { httpGet: { path: /readyz, port: http } }
        """;

    [Fact]
    public void A_good_object_has_no_mistake() => Assert.Empty(MistakesOf(Job));

    [Theory]
    [InlineData("parallelism: 3", "paralelism: 3", "Job a: .spec.paralelism: V1JobSpec has no such field")]
    [InlineData("parallelism: 3", "parallelism: \"3\"", "Job a: .spec.parallelism: 3 (Text) where Int32 belongs")]
    [InlineData("parallelism: 3", "parallelism: 1e6", "Job a: .spec.parallelism: 1e6 (Float) where Int32 belongs")]
    [InlineData("parallelism: 3", "parallelism:", "Job a: .spec.parallelism: has no value")]
    [InlineData("parallelism: 3", "parallelism: [3]", "Job a: .spec.parallelism: a list where Int32 belongs")]
    [InlineData("value: \"8080\"", "value: 8080", "Job a: .spec.template.spec.containers[0].env[0].value: 8080 (Int) where String belongs")]
    [InlineData("value: \"8080\"", "value: on", "Job a: .spec.template.spec.containers[0].env[0].value: on (Bool) where String belongs")]
    [InlineData("name: a", "name: 1e3", "Job 1e3: .metadata.name: 1e3 (Float) where String belongs")]
    [InlineData("memory: 256Mi", "memory: 256MB", "Job a: .spec.template.spec.containers[0].resources.requests.memory: 256MB (Text) where ResourceQuantity belongs")]
    [InlineData("port: http", "port: { http: 1 }", "Job a: .spec.template.spec.containers[0].readinessProbe.httpGet.port: a map where IntOrString belongs")]
    [InlineData("kind: Job", "kind: Jobs", "Jobs a: there is no Jobs in batch/v1")]
    public void A_field_that_is_misspelt_or_of_another_type_is_found(string good, string bad, string mistake)
        => Assert.Equal([mistake], MistakesOf(Job.Replace(good, bad, StringComparison.Ordinal)));

    private static IReadOnlyList<string> MistakesOf(string text) => ObjectTypes.Mistakes(Assert.Single(Manifests.Parse(text).Objects));
}
