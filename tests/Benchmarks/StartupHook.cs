using Migration.Benchmarks.Measuring;

/// <summary>
/// What .NET calls before a program's Main when DOTNET_STARTUP_HOOKS names this assembly: so coordinator and worker, as
/// they are, tell what they allocate. The name, the lack of a namespace and the method are .NET's rule.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(AllocationLog.Variable) is { Length: > 0 } folder)
            AllocationLog.Start(folder);
    }
}
