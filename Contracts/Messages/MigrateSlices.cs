namespace Migration.Contracts.Messages;

/// <summary>
/// Asks a worker to migrate several small slices that follow each other: one message, one claim, and as few COPYs as their
/// rows need. The worker sends a <see cref="MigrateSlice"/> for each that it cannot bring to its end.
/// </summary>
/// <param name="RunId">The run that the slices belong to.</param>
/// <param name="Run">The run's name, for logs.</param>
/// <param name="Collection">The source collection's name.</param>
/// <param name="First">The first slice's number within its collection, from 0.</param>
/// <param name="Count">Slices, numbered one after the other; at least 2.</param>
/// <param name="Offset">Records before the first slice in key order, as counted when it was planned.</param>
/// <param name="Limit">Records in all of them, as counted when they were planned.</param>
public sealed record MigrateSlices(Guid RunId, string Run, string Collection, int First, int Count, long Offset, long Limit);
