using Migration.Benchmarks.Results;

namespace Migration.Benchmarks.Reports;

/// <summary>
/// The part of <c>performance.md</c> that stands between two marks: tables of results and their plots. The results
/// themselves are kept beside the plots, so that all of it can be made again without measuring.
/// </summary>
internal sealed class PerformancePage(string docs)
{
    private const string Begin = "<!-- results: from here on written by ./bench.sh --publish -->";
    private const string End = "<!-- results: to here -->";
    private const string Folder = "performance";

    /// <param name="results">Each becomes a part of its own; the first is drawn.</param>
    /// <returns>The files that were written.</returns>
    /// <exception cref="BenchException">The page or its marks are not there.</exception>
    public IReadOnlyList<string> Write(IReadOnlyList<BenchResult> results)
    {
        var page = Path.Combine(docs, "performance.md");
        var text = File.Exists(page) ? File.ReadAllText(page) : throw new BenchException($"{page} is not there.");
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
            throw new BenchException($"{page} has not the two lines between which results stand: {Begin} and {End}");
        var files = new Dictionary<string, string>
        {
            [page] = $"{text[..begin]}{Begin}\n\n{Body(results)}\n{text[end..]}",
            [InFolder("rates.svg")] = Plots.Rates(results[0]),
            [InFolder("cpu.svg")] = Plots.Cpu(results[0]),
        };
        Directory.CreateDirectory(Path.Combine(docs, Folder));
        foreach (var (path, content) in files)
            File.WriteAllText(path, content);
        return [.. files.Keys, .. results.Select((result, index) => Keep(result, index))];
    }

    private static string Body(IReadOnlyList<BenchResult> results)
    {
        var plots = $"""
            ![Rate of each way, of one psql stream, with the spread over the rounds]({Folder}/rates.svg)

            ![CPU for a row, of each way's own programs and of PostgreSQL]({Folder}/cpu.svg)

            """;
        return string.Join('\n', results.Select((result, index) => index == 0 ? $"{plots}\n{ResultText.Of(result)}" : ResultText.Of(result)));
    }

    private string Keep(BenchResult result, int index)
    {
        var path = InFolder(index == 0 ? "results.json" : $"results-{index + 1}.json");
        ResultFile.Write(result, path);
        return path;
    }

    private string InFolder(string file) => Path.Combine(docs, Folder, file);
}
