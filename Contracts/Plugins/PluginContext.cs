namespace Migration.Contracts.Plugins;

/// <summary>What a plugin is opened with. A class with properties, so that later ones break no plugin.</summary>
public sealed class PluginContext
{
    /// <summary><c>settings</c> of the step, each <c>${...}</c> replaced in this process; empty where the step has none.</summary>
    public required IReadOnlyDictionary<string, string> Settings { get; init; }

    /// <summary>The absolute path of the folder that the plugin was loaded from, where files of its own may lie.</summary>
    public required string Folder { get; init; }

    /// <summary>Columns whose values each record brings: <c>read</c> of the step.</summary>
    public required IReadOnlyList<string> Read { get; init; }

    /// <summary>Columns that it may give values to: <c>write</c> of the step.</summary>
    public required IReadOnlyList<string> Write { get; init; }
}
