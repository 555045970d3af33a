using Migration.Worker.Mapping;

namespace Migration.Worker.Targets;

/// <summary>What became of a batch's rows: written, skipped and rejected add up to all of them.</summary>
/// <param name="Written">Rows inserted, or updated under <c>overwrite</c>.</param>
/// <param name="Skipped">
/// Rows whose key the target already held under <c>skip</c>; under <c>overwrite</c> those that a later row of the batch
/// with the same key replaced; and rows that a trigger dropped.
/// </param>
/// <param name="Rejected">Rows that PostgreSQL refused, by index in the buffer, ascending.</param>
internal sealed record WriteOutcome(int Written, int Skipped, IReadOnlyList<RejectedRow> Rejected);

/// <summary>A row that PostgreSQL refused.</summary>
/// <param name="Row">Its index in the buffer.</param>
/// <param name="Constraint">The name of the constraint or unique index that it violates, where PostgreSQL tells it.</param>
internal sealed record RejectedRow(int Row, RecordRejection Rejection, string? Constraint = null);
