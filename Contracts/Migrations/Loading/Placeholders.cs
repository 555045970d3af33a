using System.Text;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// Replaces <c>${NAME}</c> by an environment variable and <c>${file:path}</c> by a file's text (its last line end
/// removed, as mounted secrets have one). <c>$${</c> stands for <c>${</c>. Nothing that was put in is replaced again.
/// </summary>
internal sealed partial class Placeholders(Func<string, string?> environment, string folder, Mistakes mistakes)
{
    private const int LargestFile = 64 * 1024;

    /// <summary>The text with its placeholders replaced, or null after adding mistakes.</summary>
    public string? Replace(YamlText text)
    {
        if (!text.Raw.Contains("${", StringComparison.Ordinal))
        {
            return text.Raw;
        }

        var (result, end, complete) = (new StringBuilder(), 0, true);
        foreach (Match match in Placeholder().Matches(text.Raw))
        {
            result.Append(text.Raw, end, match.Index - end);
            end = match.Index + match.Length;
            var value = match.Value == "$${" ? "${" : ValueOf(match, text.Place);
            complete &= value is not null;
            result.Append(value);
        }

        return complete ? result.Append(text.Raw, end, text.Raw.Length - end).ToString() : null;
    }

    /// <summary>The paths of the files that a text stands for.</summary>
    public static IEnumerable<string> FilesOf(string raw) =>
        Placeholder().Matches(raw).Select(match => match.Groups["file"]).Where(file => file.Success).Select(file => file.Value);

    private string? ValueOf(Match match, Place place)
    {
        if (match.Groups["file"] is { Success: true } file)
        {
            return FileText(file.Value, place);
        }

        if (match.Groups["name"] is { Success: true } name)
        {
            return environment(name.Value) ?? Missing(place, $"the environment variable {name.Value} is not set");
        }

        return Missing(place, "'${' begins a placeholder; expected ${NAME} or ${file:path} ('$${' for the characters themselves)");
    }

    private string? FileText(string path, Place place)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, path));
            if (file.Exists && file.Length > LargestFile)
            {
                return Missing(place, $"the file {Shown.Text(path)} is larger than {LargestFile} bytes; expected a short text");
            }

            var text = File.ReadAllText(file.FullName);
            return text.EndsWith('\n') ? text[..^1].TrimEnd('\r') : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Missing(place, $"the file {Shown.Text(path)} cannot be read ({(e is FileNotFoundException or DirectoryNotFoundException ? "there is none" : e.GetType().Name)})");
        }
    }

    private string? Missing(Place place, string text)
    {
        mistakes.Add(place, text);
        return null;
    }

    [GeneratedRegex(@"\$\$\{|\$\{(file:(?<file>[^{}]+)|(?<name>[A-Za-z_][A-Za-z0-9_]*))\}|\$\{", RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder();
}
