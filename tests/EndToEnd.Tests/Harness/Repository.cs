namespace Migration.EndToEnd.Tests.Harness;

/// <summary>The clone that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string ExampleFile => Path.Combine(Root, "docs", "examples", "shop.yaml");

    public static string ServersScript => Path.Combine(Root, "scripts", "servers.sh");

    public static string DocumentDbScript => Path.Combine(Root, "scripts", "documentdb.sh");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Migration.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"Migration.sln is nowhere above {AppContext.BaseDirectory}.");
    }
}
