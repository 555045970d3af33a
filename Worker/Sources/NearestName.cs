namespace Migration.Worker.Sources;

/// <summary>Finds what somebody most likely meant.</summary>
internal static class NearestName
{
    /// <summary>The end of a sentence: ", did you mean 'x'?", or what there is, or that there is nothing.</summary>
    public static string Hint(string wanted, IEnumerable<string> known)
    {
        var names = known.Distinct().Order(StringComparer.Ordinal).ToList();
        if (names.Count == 0)
            return ", and nothing else either";
        var nearest = names.MinBy(name => Distance(wanted.ToUpperInvariant(), name.ToUpperInvariant()))!;
        return Distance(wanted.ToUpperInvariant(), nearest.ToUpperInvariant()) <= Math.Max(2, wanted.Length / 2)
            ? $", the nearest is '{nearest}'"
            : $", there is {string.Join(", ", names.Take(5).Select(name => $"'{name}'"))}{(names.Count > 5 ? $" and {names.Count - 5} more" : "")}";
    }

    /// <summary>Single-character edits from one to the other (Levenshtein).</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= right.Length; j++)
            {
                var substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[^1];
    }
}
