using System.Text.RegularExpressions;

namespace Migration.Chart.Tests.Harness;

/// <summary>
/// What an engine is sent: the repository without what .dockerignore leaves out. The last pattern that fits a path, or a
/// folder that it is in, decides.
/// </summary>
internal static class DockerContext
{
    private static readonly List<(bool Ignores, Regex Pattern)> Patterns =
    [
        .. Repository.Read(".dockerignore").Split('\n').Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => (line[0] != '!', Compile(line.TrimStart('!')))),
    ];

    public static bool Has(string path) => !Patterns.LastOrDefault(each => each.Pattern.IsMatch(path)).Ignores;

    /// <summary>The files of a path of the repository, which may be a folder.</summary>
    public static IEnumerable<string> Files(string path)
    {
        var whole = Repository.PathOf(path);
        var files = Directory.Exists(whole) ? Directory.EnumerateFiles(whole, "*", SearchOption.AllDirectories) : [whole];
        return files.Where(File.Exists).Select(file => Path.GetRelativePath(Repository.Root, file)).Where(Has);
    }

    private static Regex Compile(string pattern) => new(
        "^" + Regex.Escape(pattern.TrimEnd('/')).Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal) + "(/.*)?$");
}
