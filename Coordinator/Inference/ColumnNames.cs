using System.Text;

namespace Migration.Coordinator.Inference;

/// <summary>
/// Makes names that can be typed without quotes out of whatever a field is called: lower case with underscores, no word
/// that SQL keeps for itself, at most 63 bytes, each once.
/// </summary>
internal sealed class ColumnNames
{
    private const int LongestBytes = 63;

    private const string KeySuffix = "_pkey";

    // PostgreSQL's reserved key words (appendix C of its manual), those for functions and types included, and the system columns.
    private static readonly HashSet<string> Reserved = new(
        ("all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column "
        + "concurrently constraint create cross current_catalog current_date current_role current_schema current_time "
        + "current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze "
        + "from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit "
        + "localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references "
        + "returning right select session_user similar some symmetric system_user table tablesample then to trailing true union "
        + "unique user using variadic verbose when where window with tableoid xmin cmin xmax cmax ctid").Split(' '),
        StringComparer.Ordinal);

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>A name that was not given before, from the names of a path.</summary>
    public string Take(IReadOnlyList<string> path)
    {
        var wanted = Plain(string.Join('_', path));
        var name = Cut(wanted, LongestBytes);
        for (var number = 2; !_taken.Add(name); number++)
        {
            var suffix = FormattableString.Invariant($"_{number}");
            name = Cut(wanted, LongestBytes - suffix.Length) + suffix;
        }

        return name;
    }

    /// <summary>
    /// The same for a table. PostgreSQL gives the index of its primary key a name among those of tables, such as
    /// <c>users_pkey</c>, which no later table can have.
    /// </summary>
    public string TakeTable(IReadOnlyList<string> path)
    {
        var name = Take(path);
        _taken.Add(Cut(name, LongestBytes - KeySuffix.Length) + KeySuffix);
        return name;
    }

    /// <summary>The same for a schema or run, where nothing is taken.</summary>
    public static string Plain(string text)
    {
        var name = new StringBuilder();
        var before = ' ';
        foreach (var letter in text)
        {
            if (IsWordStart(before, letter) || !char.IsLetterOrDigit(letter))
                Separate(name);
            if (char.IsLetterOrDigit(letter))
                name.Append(char.ToLowerInvariant(letter));
            before = letter;
        }

        var plain = name.ToString().Trim('_');
        if (plain.Length == 0)
            return "field";
        if (Reserved.Contains(plain))
            return plain + "_";
        return char.IsAsciiLetter(plain[0]) || plain[0] > '\u007f' && char.IsLetter(plain[0]) ? plain : "_" + plain;
    }

    /// <summary>createdAt is two words; SKU is one, and so is 64 in base64.</summary>
    private static bool IsWordStart(char before, char letter) => char.IsUpper(letter) && (char.IsLower(before) || char.IsDigit(before));

    private static void Separate(StringBuilder name)
    {
        if (name.Length > 0 && name[^1] != '_')
            name.Append('_');
    }

    /// <summary>PostgreSQL cuts bytes; a character is never halved here.</summary>
    private static string Cut(string name, int bytes)
    {
        while (Encoding.UTF8.GetByteCount(name) > bytes)
            name = name[..^1];
        return name;
    }
}
