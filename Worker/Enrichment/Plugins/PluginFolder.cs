using System.Reflection;
using Migration.Contracts.Migrations;
using Migration.Contracts.Plugins;
using Migration.Worker.Sources;

namespace Migration.Worker.Enrichment.Plugins;

/// <summary>Finds a step's class in its folder and makes an object of it.</summary>
internal static class PluginFolder
{
    /// <summary>Does not open it.</summary>
    /// <exception cref="UserException">It cannot be made; says what was found and what to change.</exception>
    public static IPlugin Make(PluginStep step)
    {
        var type = Load(step, Find(step));
        Check(step, type);
        try
        {
            return (IPlugin)Activator.CreateInstance(type)!;
        }
        catch (TargetInvocationException e)
        {
            throw Wrong(step, $"its constructor threw {e.InnerException!.GetType().Name}: {TransientRetry.FirstLine(e.InnerException)}", e.InnerException);
        }
        catch (MissingMethodException e)
        {
            throw Wrong(step, "it has no public constructor without parameters, or is abstract", e);
        }
    }

    public static UserException Wrong(PluginStep step, string problem, Exception? inner = null) => new(
        ExitCode.Configuration,
        FormattableString.Invariant($"The plugin step of line {step.Line} of the migration file cannot be set up: {step.Class} of {step.Folder}: {problem.TrimEnd('.')}."), inner);

    private static string Find(PluginStep step)
    {
        if (!Directory.Exists(step.Folder))
            throw Wrong(step, "the folder is not there, or not for this process. Every worker needs it, at the same path");
        var classes = Directory.EnumerateFiles(step.Folder, "*.dll").Order(StringComparer.Ordinal)
            .SelectMany(file => AssemblyClasses.Of(file).Select(found => (File: file, found.Name, found.IsPlugin))).ToList();
        return classes.Where(found => found.Name == step.Class).Select(found => found.File).ToList() switch
        {
            [var only] => only,
            [] => throw Wrong(step, $"no assembly of the folder has this class. Among its plugins{NearestName.Hint(step.Class, classes.Where(found => found.IsPlugin).Select(found => found.Name))}"),
            var several => throw Wrong(step, $"several assemblies of the folder have this class: {string.Join(", ", several.Select(Path.GetFileName))}"),
        };
    }

    private static Type Load(PluginStep step, string path)
    {
        try
        {
            var type = new PluginAssemblies(path).Load().GetType(step.Class, throwOnError: true)!;

            // Looked at here, for reading it loads what it names.
            _ = type.GetCustomAttribute<PluginAttribute>();
            return type;
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or TypeLoadException or MissingMethodException or UnauthorizedAccessException)
        {
            throw Wrong(step, $"it cannot be loaded ({TransientRetry.FirstLine(e)}). The folder needs all that the class needs: what 'dotnet publish' gives with EnableDynamicLoading", e);
        }
    }

    private static void Check(PluginStep step, Type type)
    {
        if (type.GetCustomAttribute<PluginAttribute>() is not { } mark)
            throw Wrong(step, "it is not marked with [Plugin]");
        if (mark.InterfaceVersion != PluginAttribute.CurrentVersion)
            throw Wrong(step, FormattableString.Invariant($"it was compiled for version {mark.InterfaceVersion} of the plugin interfaces, and this program has version {PluginAttribute.CurrentVersion}. Compile it against this program's Contracts.dll"));
        var isOne = typeof(IRecordPlugin).IsAssignableFrom(type);
        var isMany = typeof(IBatchPlugin).IsAssignableFrom(type);
        if (!isOne && !isMany)
            throw Wrong(step, $"it implements neither {nameof(IRecordPlugin)} nor {nameof(IBatchPlugin)}");
        if (step.Batch is null && !isOne)
            throw Wrong(step, $"it implements {nameof(IBatchPlugin)} only. Say 'batch', the records of a call");
        if (step.Batch is not null && !isMany)
            throw Wrong(step, $"it implements {nameof(IRecordPlugin)} only, which takes one record a call. Take 'batch' out");
    }
}
