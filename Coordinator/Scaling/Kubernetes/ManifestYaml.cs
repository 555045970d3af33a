using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Migration.Coordinator.Scaling.Kubernetes;

/// <summary>
/// Reads a manifest as kubectl does, into JSON. Not into the client's own types: they would drop fields that are newer
/// than the client, where the API server either knows a field or says that it does not.
/// </summary>
internal static partial class ManifestYaml
{
    /// <exception cref="YamlException">It is not YAML.</exception>
    /// <exception cref="FormatException">It is not one document that holds a map.</exception>
    public static JsonObject Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents switch
        {
            [{ RootNode: YamlMappingNode root }] => Map(root),
            [] => throw new FormatException("it is empty"),
            [_] => throw new FormatException("it holds no map"),
            _ => throw new FormatException($"it holds {stream.Documents.Count} documents, and one Job is expected"),
        };
    }

    private static JsonObject Map(YamlMappingNode map)
        => new(map.Children.Select(child => KeyValuePair.Create(Key(child.Key), Node(child.Value))));

    private static string Key(YamlNode key)
        => key is YamlScalarNode { Value: { } name } ? name : throw new FormatException($"line {key.Start.Line}: a key is no word");

    private static JsonNode? Node(YamlNode node) => node switch
    {
        YamlMappingNode map => Map(map),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Node)]),
        YamlScalarNode scalar => Scalar(scalar),
        _ => throw new FormatException($"line {node.Start.Line}: neither map, list nor value"),
    };

    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style != ScalarStyle.Plain || scalar.Tag is { IsEmpty: false, Value: "tag:yaml.org,2002:str" })
            return JsonValue.Create(text);
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => JsonValue.Create(true),
            "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => JsonValue.Create(false),
            _ => Number(text) ?? JsonValue.Create(text),
        };
    }

    private static JsonValue? Number(string text)
    {
        // YAML 1.1, which kubectl speaks: file modes are written 0444.
        if (Octal().Match(text) is { Success: true } octal)
            return JsonValue.Create(Convert.ToInt64(octal.Groups[1].Value, 8));
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return JsonValue.Create(whole);
        return Decimal().IsMatch(text) ? JsonValue.Create(double.Parse(text, CultureInfo.InvariantCulture)) : null;
    }

    [GeneratedRegex("^0o?([0-7]{1,20})$")]
    private static partial Regex Octal();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex Decimal();
}
