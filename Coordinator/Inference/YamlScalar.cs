using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Migration.Coordinator.Inference;

/// <summary>Texts as YAML that reads back as the same text.</summary>
internal static partial class YamlScalar
{
    private static readonly string[] OtherThanText = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];

    /// <summary>A value of a migration file, in which <c>${</c> would begin a placeholder.</summary>
    public static string Value(string text) => Key(text.Replace("${", "$${", StringComparison.Ordinal));

    /// <summary>A key, in which placeholders are not looked for.</summary>
    public static string Key(string text) =>
        Plain().IsMatch(text) && !OtherThanText.Contains(text, StringComparer.OrdinalIgnoreCase) ? text : Quoted(text);

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            quoted.Append(rune.Value switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                _ when CommentText.IsShown(rune) => rune.ToString(),
                <= 0xFFFF => "\\u" + rune.Value.ToString("X4", CultureInfo.InvariantCulture),
                _ => "\\U" + rune.Value.ToString("X8", CultureInfo.InvariantCulture),
            });
        }

        return quoted.Append('"').ToString();
    }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\z")]
    private static partial Regex Plain();
}
