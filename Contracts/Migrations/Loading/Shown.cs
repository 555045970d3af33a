using System.Text;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>What a message may repeat of a file. A connection text that landed in the wrong place is never repeated.</summary>
internal static class Shown
{
    private const int Longest = 60;

    private static readonly string[] SecretSigns = ["://", "password=", "password =", "pwd=", "@"];

    /// <summary>The text in quotes, shortened, control characters as blanks; a placeholder for what may hold a secret.</summary>
    public static string Text(string raw)
    {
        if (Array.Exists(SecretSigns, sign => raw.Contains(sign, StringComparison.OrdinalIgnoreCase)))
        {
            return "a text that is not repeated here";
        }

        var shown = new StringBuilder("'");
        foreach (var character in raw.Take(Longest))
        {
            shown.Append(char.IsControl(character) || char.IsSurrogate(character) ? ' ' : character);
        }

        return shown.Append(raw.Length > Longest ? "...'" : "'").ToString();
    }
}
