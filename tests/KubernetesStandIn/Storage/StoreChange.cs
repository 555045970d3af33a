namespace Migration.KubernetesStandIn.Storage;

internal enum ChangeKind
{
    Added,
    Modified,
    Deleted,
}

/// <param name="Before">Null where it was added.</param>
/// <param name="After">For a deletion the last state, with the revision of the deletion.</param>
internal sealed record StoreChange(ChangeKind Kind, StoredObject? Before, StoredObject After)
{
    public ResourceType Type => After.Type;

    public long Revision => After.Revision;
}
