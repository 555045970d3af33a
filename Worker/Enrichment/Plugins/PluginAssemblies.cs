using System.Reflection;
using System.Runtime.Loader;
using Migration.Contracts.Plugins;

namespace Migration.Worker.Enrichment.Plugins;

/// <summary>
/// A plugin's assembly with what it needs out of its own folder, so that it may bring other versions of packages than this
/// program has. The interfaces are the program's, whichever the folder has: otherwise no object would be one of them.
/// </summary>
internal sealed class PluginAssemblies(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
{
    private static readonly Assembly Interfaces = typeof(IPlugin).Assembly;

    private readonly AssemblyDependencyResolver _folder = new(path);

    public Assembly Load() => LoadFromAssemblyPath(path);

    /// <returns>Null for what the folder has not: .NET's own.</returns>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == Interfaces.GetName().Name)
            return Interfaces;
        return _folder.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;
    }

    protected override IntPtr LoadUnmanagedDll(string unmanagedDllName)
        => _folder.ResolveUnmanagedDllToPath(unmanagedDllName) is { } found ? LoadUnmanagedDllFromPath(found) : IntPtr.Zero;
}
