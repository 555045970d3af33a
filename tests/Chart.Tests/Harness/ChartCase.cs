using System.Collections.Concurrent;

namespace Migration.Chart.Tests.Harness;

/// <summary>An install case: one of the chart's files of values under ci/.</summary>
internal static class ChartCase
{
    public const string Release = "shop";
    public const string Namespace = "migration";

    private static readonly ConcurrentDictionary<string, Task<string>> Texts = new();

    public static string Chart { get; } = Repository.PathOf("helm", "migration");

    public static IReadOnlyList<string> Names { get; } =
    [
        .. Directory.GetFiles(Path.Combine(Chart, "ci"), "*-values.yaml")
            .Select(path => Path.GetFileName(path)[..^"-values.yaml".Length]).Order(StringComparer.Ordinal),
    ];

    public static string Values(string name) => Path.Combine(Chart, "ci", $"{name}-values.yaml");

    /// <summary>What `helm template` prints; the same line is run once.</summary>
    public static Task<string> TextAsync(KubernetesTools tools, string name, params string[] more)
        => Texts.GetOrAdd($"{tools.Generation} {name} {string.Join('\0', more)}", _ => RenderAsync(tools, name, more));

    public static async Task<Manifests> ManifestsAsync(string name, params string[] more)
        => Manifests.Parse(await TextAsync(KubernetesTools.Newest, name, more));

    private static async Task<string> RenderAsync(KubernetesTools tools, string name, string[] more)
    {
        string[] place = more.Contains("--namespace") ? [] : ["--namespace", Namespace];
        var release = more is [var first, ..] && !first.StartsWith('-') ? first : Release;
        var rest = more is [var word, ..] && !word.StartsWith('-') ? more[1..] : more;
        return (await tools.HelmAsync(["template", release, Chart, "--values", Values(name), .. place, .. rest])).Good();
    }
}
