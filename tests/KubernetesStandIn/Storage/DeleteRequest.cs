namespace Migration.KubernetesStandIn.Storage;

internal enum Propagation
{
    Background,
    Foreground,
    Orphan,
}

/// <param name="GraceSeconds">Null: what the object itself says (a pod's <c>terminationGracePeriodSeconds</c>).</param>
/// <param name="Propagation">Null: the kind's default.</param>
internal sealed record DeleteRequest(
    int? GraceSeconds = null, Propagation? Propagation = null, string? Uid = null, string? Revision = null);
