namespace Migration.Contracts.Migrations;

/// <summary>What becomes of a document's top-level fields that no column's path touches.</summary>
/// <param name="Action">Ignore, fail, or keep them.</param>
/// <param name="Column">With <see cref="UnmappedAction.Keep"/>: the jsonb column that takes them as one object; else null.</param>
public sealed record UnmappedFields(UnmappedAction Action, string? Column = null)
{
    public static readonly UnmappedFields Ignore = new(UnmappedAction.Ignore);
}

public enum UnmappedAction
{
    Ignore,
    Fail,
    Keep,
}
