using System.Text.RegularExpressions;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <param name="Operator"><c>in</c>, <c>notin</c>, <c>exists</c> or <c>!</c>; equality is <c>in</c> with one value.</param>
internal sealed partial record LabelRule(string Key, string Operator, IReadOnlyList<string> Values)
{
    public static List<LabelRule> Read(string? text)
    {
        var rules = new List<LabelRule>();
        foreach (var term in Comma().Split(text ?? "").Select(term => term.Trim()).Where(term => term.Length > 0))
            rules.Add(ReadTerm(term));
        return rules;
    }

    public bool Matches(string? value) => Operator switch
    {
        "in" => value is not null && Values.Contains(value),
        "notin" => value is null || !Values.Contains(value),
        "exists" => value is not null,
        _ => value is null,
    };

    private static LabelRule ReadTerm(string term)
    {
        if (SetTerm().Match(term) is { Success: true } set)
            return new(set.Groups[1].Value, set.Groups[2].Value, [.. set.Groups[3].Value.Split(',').Select(value => value.Trim())]);
        if (EqualTerm().Match(term) is { Success: true } equal)
            return new(equal.Groups[1].Value, equal.Groups[2].Value == "!=" ? "notin" : "in", [equal.Groups[3].Value]);
        if (KeyTerm().Match(term) is { Success: true } key)
            return new(key.Groups[2].Value, key.Groups[1].Value == "!" ? "!" : "exists", []);
        throw ApiError.BadRequest($"unable to parse requirement: found '{term}', expected: ',' or ')'");
    }

    [GeneratedRegex(@",(?![^()]*\))")]
    private static partial Regex Comma();

    [GeneratedRegex(@"^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$")]
    private static partial Regex SetTerm();

    [GeneratedRegex(@"^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$")]
    private static partial Regex EqualTerm();

    [GeneratedRegex(@"^(!?)\s*([\w./-]+)$")]
    private static partial Regex KeyTerm();
}
