using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests.Harness;

/// <summary>One Kubernetes object as it is written.</summary>
internal sealed record Manifest(YamlMappingNode Root)
{
    public string ApiVersion => Text("apiVersion") ?? "";

    public string Kind => Text("kind") ?? "";

    public string Name => Text("metadata", "name") ?? "";

    public string? Text(params string[] path) => (Root.At(path) as YamlScalarNode)?.Value;

    public IReadOnlyDictionary<string, string> Map(params string[] path) => Root.At(path).Texts();

    public IReadOnlyList<YamlNode> List(params string[] path) => Root.At(path) is YamlSequenceNode list ? [.. list] : [];

    public override string ToString() => $"{Kind} {Name}";
}

internal static class YamlPaths
{
    public static YamlNode? At(this YamlNode? node, params string[] path) => path.Aggregate(
        node, (at, key) => at is YamlMappingNode map && map.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null);

    public static string? Text(this YamlNode? node, params string[] path) => (node.At(path) as YamlScalarNode)?.Value;

    public static IReadOnlyList<string> Words(this YamlNode? node, params string[] path)
        => node.At(path) is YamlSequenceNode list ? [.. list.OfType<YamlScalarNode>().Select(word => word.Value!)] : [];

    public static IReadOnlyDictionary<string, string> Texts(this YamlNode? node) => node is YamlMappingNode map
        ? map.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => ((YamlScalarNode)pair.Value).Value!)
        : new Dictionary<string, string>();

    public static IReadOnlyList<string> TextKeys(this YamlNode? node)
        => node is YamlMappingNode map ? [.. map.Children.Keys.Cast<YamlScalarNode>().Select(key => key.Value!)] : [];

    public static YamlSequenceNode Sequence(this YamlNode? node, params string[] path)
        => node.At(path) as YamlSequenceNode ?? new YamlSequenceNode();
}
