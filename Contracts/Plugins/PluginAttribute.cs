namespace Migration.Contracts.Plugins;

/// <summary>
/// Marks a plugin, and notes which version of these interfaces it was compiled against: the compiler writes the default of
/// <paramref name="interfaceVersion"/> into the plugin's assembly. A program with interfaces that the plugin does not know
/// says so instead of calling it.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class PluginAttribute(int interfaceVersion = PluginAttribute.CurrentVersion) : Attribute
{
    /// <summary>
    /// Rises when a plugin that was compiled before cannot be called as it is any more. Members that are new and have a body,
    /// and further types of values, do not raise it.
    /// </summary>
    public const int CurrentVersion = 1;

    public int InterfaceVersion { get; } = interfaceVersion;
}
