using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests.Harness;

/// <summary>Kubernetes objects out of a text of YAML documents.</summary>
internal sealed class Manifests
{
    private Manifests(IReadOnlyList<Manifest> objects) => Objects = objects;

    public IReadOnlyList<Manifest> Objects { get; }

    /// <exception cref="YamlDotNet.Core.YamlException">It is not YAML, or has a key twice.</exception>
    public static Manifests Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return new Manifests([.. stream.Documents.Select(document => document.RootNode).OfType<YamlMappingNode>().Select(map => new Manifest(map))]);
    }

    public IEnumerable<Manifest> Of(string kind) => Objects.Where(each => each.Kind == kind);

    public Manifest One(string kind) => Assert.Single(Of(kind));

    public Manifest One(string kind, string nameEnd)
        => Assert.Single(Of(kind), each => each.Name.EndsWith(nameEnd, StringComparison.Ordinal));

    public bool Have(string kind) => Of(kind).Any();

    /// <summary>The objects, and what the coordinator makes of the ConfigMap.</summary>
    public IReadOnlyList<Manifest> WithWorkerJob => WorkerJob is { } job ? [.. Objects, job] : Objects;

    public Manifest? WorkerJob => Of("ConfigMap").Select(map => map.Text("data", "worker-job.yaml")).OfType<string>()
        .Select(text => Assert.Single(Parse(text).Objects)).SingleOrDefault();

    /// <summary>Pod templates, and the pods themselves.</summary>
    public IEnumerable<PodTemplate> Pods => WithWorkerJob.Select(PodTemplate.Of).OfType<PodTemplate>();
}
