using System.Globalization;
using System.Text.RegularExpressions;

namespace Migration.ChaosHook;

/// <summary>
/// What to do where: <c>NAME:[PROGRAM/]POINT['['DETAIL']'][@N][*]=DEED[,ARGUMENT]</c>, such as
/// <c>k1:worker/batch-committed@3=kill</c> or <c>p:worker/before-map[6553f1]*=hang</c>.
/// </summary>
/// <param name="Name">Of its files in the marks' folder.</param>
/// <param name="Program"><c>worker</c> or <c>coordinator</c>; null for both.</param>
/// <param name="Detail">What the point's detail must contain; null for any.</param>
/// <param name="Passage">The passage, counted from 1 in each process, from which on it is carried out.</param>
internal sealed partial record ChaosOrder(
    string Name, string? Program, string Point, string? Detail, int Passage, bool EveryTime, string Deed, string? Argument)
{
    /// <exception cref="FormatException">The text is no order.</exception>
    public static ChaosOrder Parse(string text)
    {
        var match = Grammar().Match(text);
        if (!match.Success)
            throw new FormatException($"'{text}' is no order of chaos.");
        return new ChaosOrder(
            match.Groups["name"].Value, Find(match, "program"), match.Groups["point"].Value, Find(match, "detail"),
            Find(match, "passage") is { } passage ? int.Parse(passage, CultureInfo.InvariantCulture) : 1,
            match.Groups["always"].Success, match.Groups["deed"].Value, Find(match, "argument"));
    }

    public override string ToString()
        => $"{Name}:{(Program is null ? "" : Program + "/")}{Point}{(Detail is null ? "" : $"[{Detail}]")}"
            + (Passage == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"@{Passage}"))
            + $"{(EveryTime ? "*" : "")}={Deed}{(Argument is null ? "" : "," + Argument)}";

    public bool Concerns(string program, string point, string detail)
        => point == Point && (Program is null || Program == program)
            && (Detail is null || detail.Contains(Detail, StringComparison.Ordinal));

    private static string? Find(Match match, string group) => match.Groups[group] is { Success: true } found ? found.Value : null;

    [GeneratedRegex(
        @"^(?<name>[\w-]+):((?<program>worker|coordinator)/)?(?<point>[a-z-]+)(\[(?<detail>[^\]]*)\])?(@(?<passage>\d+))?(?<always>\*)?=(?<deed>[a-z]+)(,(?<argument>.*))?$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Grammar();
}
