namespace Migration.TestServers;

/// <summary>Where the build put another project's output, in this test's own configuration.</summary>
public static class BuiltFolder
{
    public static string Of(string project)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(own.Parent!.Parent!.FullName, project, own.Name);
    }
}
