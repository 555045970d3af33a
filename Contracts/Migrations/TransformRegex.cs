using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations;

/// <summary>
/// The regular expressions of transforms. A match is found in time linear in the text, whatever the pattern and the
/// document; all matches of a long text may still take the square of that, which a bound on the time ends. So no record can
/// hold its slice up.
/// </summary>
public static class TransformRegex
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    /// <param name="bound">The time for all matches in a text; five seconds when null.</param>
    /// <exception cref="ArgumentException">The pattern is none.</exception>
    /// <exception cref="NotSupportedException">The pattern needs to go back in its text.</exception>
    public static Regex Compile(string pattern, TimeSpan? bound = null) =>
        new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, bound ?? Bound);

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
