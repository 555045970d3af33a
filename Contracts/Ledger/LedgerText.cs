using System.Text;

namespace Migration.Contracts.Ledger;

/// <summary>Text as PostgreSQL can store it.</summary>
internal static class LedgerText
{
    /// <summary>
    /// The text with every NUL as U+2400 (its picture) and every lone surrogate as U+FFFD. PostgreSQL refuses the one
    /// and UTF-8 cannot write the other; both come with the values that error messages quote. Without this, a message
    /// about a bad record would stop the good ones of its batch.
    /// </summary>
    public static string Storable(string text)
    {
        if (!text.Contains('\0', StringComparison.Ordinal) && IsWellFormed(text))
            return text;
        var storable = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            storable.Append(rune.Value == 0 ? "\u2400" : rune.ToString());
        return storable.ToString();
    }

    private static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        while (true)
        {
            var next = text.IndexOfAnyInRange('\uD800', '\uDFFF');
            if (next < 0)
                return true;
            if (next + 1 == text.Length || !char.IsSurrogatePair(text[next], text[next + 1]))
                return false;
            text = text[(next + 2)..];
        }
    }
}
