namespace Migration.Worker.Tests.Mapping;

/// <summary>
/// The tables of docs/types.md, which the tests read and PostgreSQL answers for. With MIGRATION_UPDATE_GOLDEN=1 the cells
/// are written as they are found; read the difference before it is committed.
/// </summary>
internal static class TypesDocument
{
    private static readonly Lock Writing = new();

    private static string Path { get; } = System.IO.Path.Combine(Root(), "docs", "types.md");

    private static bool IsUpdated => Environment.GetEnvironmentVariable("MIGRATION_UPDATE_GOLDEN") == "1";

    /// <summary>The table below a heading: the header's cells, then those of each row.</summary>
    public static IReadOnlyList<string[]> Table(string heading) =>
        [.. Lines(File.ReadAllLines(Path), heading, out _).Where((_, i) => i != 1).Select(Cells)];

    /// <summary>Every cell must be what was found.</summary>
    public static void Check(string heading, IReadOnlyList<string[]> found)
    {
        if (IsUpdated) Write(heading, found);
        var written = Table(heading);
        Assert.Equal(found.Select(Line), written.Select(Line));
    }

    /// <summary>What stands in a cell between backticks.</summary>
    public static string Code(string cell) => cell[(cell.IndexOf('`', StringComparison.Ordinal) + 1)..cell.LastIndexOf('`')];

    private static void Write(string heading, IReadOnlyList<string[]> found)
    {
        lock (Writing)
        {
            var lines = File.ReadAllLines(Path).ToList();
            var count = Lines(lines, heading, out var first).Count;
            var rule = $"|{string.Concat(Enumerable.Repeat("---|", found[0].Length))}";
            lines.RemoveRange(first, count);
            lines.InsertRange(first, [Line(found[0]), rule, .. found.Skip(1).Select(Line)]);
            File.WriteAllText(Path, string.Join('\n', lines) + "\n");
        }
    }

    private static List<string> Lines(IReadOnlyList<string> lines, string heading, out int first)
    {
        var at = lines.ToList().FindIndex(line => line.TrimStart('#', ' ') == heading && line.StartsWith('#'));
        Assert.True(at >= 0, $"docs/types.md has no heading '{heading}'");
        first = at;
        while (!lines[first].StartsWith('|')) first++;
        return [.. lines.Skip(first).TakeWhile(line => line.StartsWith('|'))];
    }

    private static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(cell => cell.Trim())];

    private static string Line(string[] cells) => $"| {string.Join(" | ", cells)} |";

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "Migration.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException($"Migration.sln is nowhere above {AppContext.BaseDirectory}.");
        return folder.FullName;
    }
}
