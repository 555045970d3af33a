using Migration.Contracts.Migrations;
using Migration.Worker;
using Migration.Worker.Enrichment.Plugins;

namespace Migration.Coordinator.Checking;

/// <summary>
/// Looks at the classes of plugin steps whose folder this process sees, as a worker will: loads and makes them, and does not
/// open them, for that may reach out to anything.
/// </summary>
internal static class PluginCheck
{
    /// <summary>What workers would be refused for, a sentence each.</summary>
    public static IEnumerable<string> Problems(MigrationFile file)
        => Steps(file.Collections).Where(step => Directory.Exists(step.Folder)).Select(Problem).OfType<string>();

    /// <summary>Of steps whose class cannot be looked at from here.</summary>
    public static IEnumerable<string> Warnings(CollectionMapping mapping)
        => Steps([mapping]).Where(step => !Directory.Exists(step.Folder)).Select(step =>
            $"the folder {step.Folder} of the plugin step (line {step.Line} of the migration file) is not there for this process, so the class was not looked at. Every worker needs the folder at this path.");

    /// <exception cref="UserException">A class cannot be used; all of them are named.</exception>
    public static void ThrowIfWrong(MigrationFile file)
    {
        if (Problems(file).ToList() is { Count: > 0 } problems)
            throw new UserException(string.Join(Environment.NewLine, problems));
    }

    private static IEnumerable<PluginStep> Steps(IEnumerable<CollectionMapping> collections)
        => collections.SelectMany(collection => collection.Enrichment).OfType<PluginStep>();

    private static string? Problem(PluginStep step)
    {
        try
        {
            (PluginFolder.Make(step) as IDisposable)?.Dispose();
            return null;
        }
        catch (UserException e)
        {
            return e.Message;
        }
    }
}
