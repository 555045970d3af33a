using k8s.Models;

namespace Migration.KubernetesStandIn.Nodes;

/// <summary>
/// What goes wrong on nodes before a container starts, as the test says. Each returns the message of the part that fails, or
/// null; a kubelet asks again each time it tries, so a fault clears when its answer becomes null.
/// </summary>
public sealed class KubeletFaults
{
    /// <summary>Why an image cannot be pulled: <c>ErrImagePull</c> and <c>ImagePullBackOff</c>.</summary>
    public Func<V1Pod, string?>? ImagePull { get; set; }

    /// <summary>Why a pod gets no network: <c>FailedCreatePodSandBox</c>. <see cref="NoAddress"/> is what one plug-in says.</summary>
    public Func<V1Pod, string?>? Sandbox { get; set; }

    /// <summary>How long from a pod's arrival on a node to its container's start.</summary>
    public Func<V1Pod, TimeSpan> StartDelay { get; set; } = _ => TimeSpan.FromSeconds(1);

    public static string NoAddress => "plugin type=\"aws-cni\" name=\"aws-cni\" failed (add): add cmd: failed to assign an IP address to container";

    public static string NoImage(string image) =>
        $"failed to pull and unpack image \"{image}\": failed to resolve image: failed to do request: "
        + "Head \"https://localhost/v2/nothing/manifests/here\": dial tcp 127.0.0.1:443: connect: connection refused";
}
