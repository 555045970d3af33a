namespace Migration.Coordinator.Inference;

/// <summary>A column that is proposed for a path.</summary>
/// <param name="Path">Field names, undivided.</param>
/// <param name="Field">What the sample shows of it; null for <c>_id</c> where no record was seen.</param>
internal sealed record InferredColumn(string Name, IReadOnlyList<string> Path, TypeChoice Choice, FieldProfile? Field)
{
    /// <summary>
    /// Bytes that a row needs for it within a page of the table at most: PostgreSQL moves out of the page only what is
    /// longer than a pointer to it, rounded up (src/backend/access/heap/heaptoast.c).
    /// </summary>
    public int RowBytes => Choice.Type switch
    {
        { IsArray: false, Kind: Contracts.Migrations.ColumnKind.Bool } => 1,
        { IsArray: false, Kind: Contracts.Migrations.ColumnKind.Int8 or Contracts.Migrations.ColumnKind.Float8 or Contracts.Migrations.ColumnKind.TimestampTz } => 8,
        { IsArray: false, Kind: Contracts.Migrations.ColumnKind.Uuid } => 16,
        _ => 24,
    };
}
