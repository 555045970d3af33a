namespace Migration.Benchmarks;

/// <summary>The clone that this program was built from, and the programs that were built with it.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Where measurements are kept, out of version control.</summary>
    public static string ResultsFolder => Path.Combine(Root, "artifacts", "bench");

    public static string Coordinator => Path.Combine(TestServers.BuiltFolder.Of("Coordinator"), "coordinator.dll");

    /// <summary>Coordinator and worker as images have them, compiled ahead with their runtime; null when those that were built with this program are measured.</summary>
    public static string? Published { get; } = Environment.GetEnvironmentVariable("MIGRATION_BENCH_PROGRAMS") is { Length: > 0 } folder ? folder : null;

    public static string SampleShop => Path.Combine(TestServers.BuiltFolder.Of("SampleShop"), "sample-shop.dll");

    public static string Benchmarks => Path.Combine(AppContext.BaseDirectory, "Benchmarks.dll");

    public static string Python(string script) => Path.Combine(Root, "tests", "Benchmarks", "python", script);

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
