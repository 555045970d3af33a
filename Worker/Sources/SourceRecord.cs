namespace Migration.Worker.Sources;

/// <summary>One record as it was read.</summary>
/// <param name="Document">The BSON document; when <paramref name="Error"/> is set, the bytes that could not be read as one.</param>
/// <param name="Error">Why the record is not a readable document (it is quarantined at stage <c>read</c>), else null.</param>
public readonly record struct SourceRecord(ReadOnlyMemory<byte> Document, string? Error = null);
