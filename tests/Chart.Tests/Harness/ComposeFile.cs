using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests.Harness;

/// <summary>compose.yaml, with what it shares merged in.</summary>
internal static class ComposeFile
{
    public static string Text { get; } = Repository.Read("compose.yaml");

    public static YamlNode Root { get; } = Read();

    public static IReadOnlyDictionary<string, YamlNode> Services { get; } = ((YamlMappingNode)Root.At("services")!).Children
        .ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => pair.Value);

    /// <summary>The services that run our image.</summary>
    public static IReadOnlyList<YamlNode> Programs { get; } = [.. Services.Values.Where(service => service.At("build") is not null)];

    private static YamlNode Read()
    {
        var stream = new YamlStream();
        stream.Load(new MergingParser(new Parser(new StringReader(Text))));
        return stream.Documents[0].RootNode;
    }
}
