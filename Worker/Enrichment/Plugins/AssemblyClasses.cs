using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Migration.Contracts.Plugins;

namespace Migration.Worker.Enrichment.Plugins;

/// <summary>The classes of an assembly by its metadata, nothing of it loaded.</summary>
internal static class AssemblyClasses
{
    /// <returns>Names with their namespaces, and whether they are marked as plugins; none for a file that is no assembly.</returns>
    public static IReadOnlyList<(string Name, bool IsPlugin)> Of(string path)
    {
        try
        {
            using var file = new PEReader(File.OpenRead(path));
            if (!file.HasMetadata)
                return [];
            var metadata = file.GetMetadataReader();
            return [.. metadata.TypeDefinitions.Select(metadata.GetTypeDefinition).Select(type => (Name(metadata, type), IsPlugin(metadata, type)))];
        }
        catch (BadImageFormatException)
        {
            return []; // a native library, say
        }
    }

    private static string Name(MetadataReader metadata, TypeDefinition type)
    {
        var name = metadata.GetString(type.Name);
        if (type.GetDeclaringType() is { IsNil: false } outer)
            return $"{Name(metadata, metadata.GetTypeDefinition(outer))}+{name}";
        return type.Namespace.IsNil ? name : $"{metadata.GetString(type.Namespace)}.{name}";
    }

    private static bool IsPlugin(MetadataReader metadata, TypeDefinition type) => type.GetCustomAttributes()
        .Select(attribute => metadata.GetCustomAttribute(attribute).Constructor)
        .Where(constructor => constructor.Kind == HandleKind.MemberReference)
        .Select(constructor => metadata.GetMemberReference((MemberReferenceHandle)constructor).Parent)
        .Where(attribute => attribute.Kind == HandleKind.TypeReference)
        .Select(attribute => metadata.GetTypeReference((TypeReferenceHandle)attribute))
        .Any(attribute => metadata.StringComparer.Equals(attribute.Name, nameof(PluginAttribute))
            && metadata.StringComparer.Equals(attribute.Namespace, typeof(PluginAttribute).Namespace!));
}
