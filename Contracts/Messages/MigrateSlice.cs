namespace Migration.Contracts.Messages;

/// <summary>
/// Asks a worker to migrate one slice. The key range that is read stands in the ledger and is returned by the claim;
/// offset and limit are the slice's name and size for people and tools.
/// </summary>
/// <param name="RunId">The run that the slice belongs to.</param>
/// <param name="Run">The run's name, for logs.</param>
/// <param name="Collection">The source collection's name.</param>
/// <param name="Slice">The slice's number within its collection, from 0.</param>
/// <param name="Offset">Records before this slice in key order, as counted when the slice was planned.</param>
/// <param name="Limit">Records in this slice, as counted when it was planned; at least 1.</param>
public sealed record MigrateSlice(Guid RunId, string Run, string Collection, int Slice, long Offset, long Limit);
