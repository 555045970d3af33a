using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations;

/// <summary>
/// The regular expressions of transforms: they run in time linear in the text, whatever the pattern and the document,
/// so that no record can hold its slice up; a bound on the time is the second net.
/// </summary>
public static class TransformRegex
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    /// <exception cref="ArgumentException">The pattern is none.</exception>
    /// <exception cref="NotSupportedException">The pattern needs to go back in its text.</exception>
    public static Regex Compile(string pattern) =>
        new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Bound);

    /// <summary>What is wrong with a pattern, and what was expected, without repeating it; null when nothing is.</summary>
    internal static string? Problem(string pattern)
    {
        try
        {
            Compile(pattern);
            return null;
        }
        catch (NotSupportedException)
        {
            return "it looks around or back, or is too large; expected a regular expression without that";
        }
        catch (RegexParseException e)
        {
            return $"it cannot be read from character {e.Offset} on; expected a regular expression";
        }
    }
}
