namespace Migration.Worker;

/// <summary>Who this worker is in the ledger.</summary>
/// <param name="Name"><c>host:pid</c>, for people.</param>
internal sealed record WorkerIdentity(Guid Id, string Name)
{
    public static WorkerIdentity Create()
        => new(Guid.CreateVersion7(), $"{Environment.MachineName}:{Environment.ProcessId}");
}
