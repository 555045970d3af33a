namespace Migration.Contracts.Migrations;

/// <summary>What becomes of a record whose primary key the target already holds.</summary>
public enum ConflictAction
{
    /// <summary>The record is quarantined with PostgreSQL's unique violation; rows go straight in by COPY. The default.</summary>
    Fail,

    /// <summary>The target's row stays and the record is counted as skipped.</summary>
    Skip,

    /// <summary>The target's row takes the record's values.</summary>
    Overwrite,
}
