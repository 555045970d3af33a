namespace Migration.Coordinator.Inference;

/// <summary>A column that is proposed for a path.</summary>
/// <param name="Path">Field names, undivided.</param>
/// <param name="Field">What the sample shows of it; null for <c>_id</c> where no record was seen.</param>
internal sealed record InferredColumn(string Name, IReadOnlyList<string> Path, TypeChoice Choice, FieldProfile? Field);
