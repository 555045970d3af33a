using System.Reflection;
using k8s.Models;
using Migration.Chart.Tests.Harness;

namespace Migration.Chart.Tests.Validation;

/// <summary>Which model an object is held to: Kubernetes' own, or one of <see cref="CustomResources"/>.</summary>
internal static class ObjectTypes
{
    private static readonly Dictionary<(string ApiVersion, string Kind), Type> Known =
        new[] { typeof(V1Pod).Assembly, typeof(ObjectTypes).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Select(type => (Type: type, Entity: type.GetCustomAttribute<KubernetesEntityAttribute>()))
            .Where(pair => pair.Entity is not null && !pair.Type.Name.EndsWith("List", StringComparison.Ordinal))
            .DistinctBy(pair => ApiName(pair.Entity!))
            .ToDictionary(pair => ApiName(pair.Entity!), pair => pair.Type);

    /// <summary>Everything that is wrong with the object, each with its place.</summary>
    public static IReadOnlyList<string> Mistakes(Manifest manifest)
        => Known.TryGetValue((manifest.ApiVersion, manifest.Kind), out var model)
            ? [.. StrictObject.Mistakes(manifest.Root, model).Select(mistake => $"{manifest}: {mistake}")]
            : [$"{manifest}: there is no {manifest.Kind} in {manifest.ApiVersion}"];

    private static (string ApiVersion, string Kind) ApiName(KubernetesEntityAttribute entity)
        => (string.IsNullOrEmpty(entity.Group) ? entity.ApiVersion : $"{entity.Group}/{entity.ApiVersion}", entity.Kind);
}
