namespace Migration.Contracts.Migrations;

/// <summary>What becomes of a record for which a step of enrichment got no value.</summary>
public enum StepFailureAction
{
    /// <summary>It is quarantined at the stage <c>enrich</c>. The default.</summary>
    Quarantine,

    /// <summary>The columns that the step fills become NULL.</summary>
    Null,

    /// <summary>The columns keep what they had.</summary>
    KeepOriginal,
}
