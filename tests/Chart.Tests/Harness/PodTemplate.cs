using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests.Harness;

/// <summary>A pod, or what pods are made from.</summary>
/// <param name="Owner">The object that has it.</param>
internal sealed record PodTemplate(Manifest Owner, YamlNode Root)
{
    public string Component => Labels["app.kubernetes.io/component"];

    public IReadOnlyDictionary<string, string> Labels => Root.At("metadata", "labels").Texts();

    public YamlNode Spec => Root.At("spec")!;

    /// <summary>The chart's own, not those that a user adds.</summary>
    public YamlNode Container => Spec.Sequence("containers").First();

    public IReadOnlyDictionary<string, string?> Environment => Container.Sequence("env")
        .ToDictionary(variable => variable.Text("name")!, variable => variable.Text("value"));

    public static PodTemplate? Of(Manifest owner)
    {
        var root = owner.Kind switch
        {
            "Pod" => owner.Root,
            "ScaledJob" => owner.Root.At("spec", "jobTargetRef", "template"),
            _ => owner.Root.At("spec", "template"),
        };
        return root is null ? null : new PodTemplate(owner, root);
    }
}
