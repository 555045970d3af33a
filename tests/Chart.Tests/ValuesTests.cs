using System.Text.Json;
using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests;

/// <summary>values.yaml, its schema and the README say the same.</summary>
public sealed class ValuesTests
{
    private const string TableStart = "<!-- values: made from values.yaml -->\n";
    private const string TableEnd = "<!-- end of values -->";

    [Fact]
    public void Every_value_is_described()
    {
        Assert.Empty(ValuesFile.Leaves.Except(ValuesFile.Descriptions.Keys));
        Assert.Empty(ValuesFile.Descriptions.Keys.Except(ValuesFile.Leaves));
    }

    [Fact]
    public void The_schema_knows_every_value_and_no_other()
    {
        using var schema = JsonDocument.Parse(Repository.Read("helm", "migration", "values.schema.json"));
        var known = Known(schema.RootElement, schema.RootElement, "").ToHashSet();

        Assert.All(ValuesFile.Leaves, leaf => Assert.Contains(known, path => path == leaf || path.StartsWith(leaf + ".", StringComparison.Ordinal)));
        Assert.Empty(known.Where(path => !ValuesFile.Leaves.Any(leaf => leaf == path || path.StartsWith(leaf + ".", StringComparison.Ordinal))).Except(["global"]));
    }

    /// <summary>A map of the schema that is open to any key is one that the user fills: labels, or parts of a pod.</summary>
    [Fact]
    public void The_schema_is_closed_wherever_the_chart_names_the_keys()
    {
        using var schema = JsonDocument.Parse(Repository.Read("helm", "migration", "values.schema.json"));

        Assert.All(Objects(schema.RootElement), each => Assert.False(
            each.TryGetProperty("properties", out _) && !(each.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.False),
            each.GetRawText()));
    }

    [Fact]
    public void The_README_lists_every_value()
    {
        var readme = Repository.Read("helm", "migration", "README.md");
        var start = readme.IndexOf(TableStart, StringComparison.Ordinal) + TableStart.Length;
        var end = readme.IndexOf(TableEnd, StringComparison.Ordinal);
        Assert.True(start >= TableStart.Length && end >= start, "README.md has lost the marks around its table.");

        Golden.Check(readme[..start] + Table() + readme[end..], "helm", "migration", "README.md");
    }

    private static string Table()
    {
        var rows = ValuesFile.Leaves.Select(path => $"| `{path}` | {ValuesFile.Descriptions[path].Replace("|", "\\|", StringComparison.Ordinal)} | {ValuesFile.DefaultOf(path)} |");
        return "\n| value | | default |\n|---|---|---|\n" + string.Join('\n', rows) + "\n\n";
    }

    private static IEnumerable<string> Known(JsonElement root, JsonElement schema, string prefix)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            schema = root.GetProperty("definitions").GetProperty(reference.GetString()!.Split('/')[^1]);
        if (!schema.TryGetProperty("properties", out var properties))
            return prefix.Length > 0 ? [prefix[..^1]] : [];
        return properties.EnumerateObject().SelectMany(property => Known(root, property.Value, $"{prefix}{property.Name}."));
    }

    private static IEnumerable<JsonElement> Objects(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Objects(property.Value)).Prepend(element),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Objects),
        _ => [],
    };
}
