using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests.Harness;

/// <summary>The chart's values.yaml with its comments: a line that begins with <c># --</c> begins what is said of the next key.</summary>
internal static partial class ValuesFile
{
    private const int LongestDefault = 60;

    public static string Text { get; } = Repository.Read("helm", "migration", "values.yaml");

    public static YamlMappingNode Root { get; } = Read();

    /// <summary>What is said of each value that has something said of it, in the file's order.</summary>
    public static IReadOnlyDictionary<string, string> Descriptions { get; } = Describe();

    /// <summary>Every value down to those that are no maps, or that are described as a whole.</summary>
    public static IEnumerable<string> Leaves => LeavesOf(Root, "");

    public static string DefaultOf(string path)
    {
        var text = Json(((YamlNode)Root).At(path.Split('.'))!);
        return text.Length > LongestDefault ? "see [values.yaml](values.yaml)" : $"`{text}`";
    }

    private static IEnumerable<string> LeavesOf(YamlMappingNode map, string prefix)
    {
        foreach (var (key, value) in map.Children)
        {
            var path = prefix + ((YamlScalarNode)key).Value;
            if (value is YamlMappingNode { Children.Count: > 0 } inner && !Descriptions.ContainsKey(path))
            {
                foreach (var leaf in LeavesOf(inner, path + "."))
                    yield return leaf;
            }
            else
            {
                yield return path;
            }
        }
    }

    private static Dictionary<string, string> Describe()
    {
        var described = new Dictionary<string, string>();
        var above = new List<(int Indent, string Key)>();
        var words = new List<string>();
        foreach (var line in Text.Split('\n'))
        {
            if (Comment().Match(line) is { Success: true } comment)
            {
                if (comment.Groups["start"].Success)
                    words.Clear();
                words.Add(comment.Groups["words"].Value);
            }
            else if (Key().Match(line) is { Success: true } key)
            {
                var indent = key.Groups["indent"].Length;
                above.RemoveAll(parent => parent.Indent >= indent);
                above.Add((indent, key.Groups["key"].Value));
                if (words.Count > 0)
                    described.Add(string.Join('.', above.Select(parent => parent.Key)), string.Join(' ', words));
                words.Clear();
            }
        }

        return described;
    }

    private static string Json(YamlNode node) => node switch
    {
        YamlMappingNode map => "{" + string.Join(", ", map.Children.Select(pair => $"{Json(pair.Key)}: {Json(pair.Value)}")) + "}",
        YamlSequenceNode list => "[" + string.Join(", ", list.Select(Json)) + "]",
        YamlScalarNode { Style: ScalarStyle.Plain } word => word.Value!,
        YamlScalarNode word => JsonSerializer.Serialize(word.Value),
        _ => throw new InvalidOperationException(node.ToString()),
    };

    private static YamlMappingNode Read()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Text));
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    [GeneratedRegex(@"^ *# (?<start>-- )?(?<words>.*)$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^(?<indent> *)(?<key>[A-Za-z]+):")]
    private static partial Regex Key();
}
