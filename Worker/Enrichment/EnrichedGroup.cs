namespace Migration.Worker.Enrichment;

/// <summary>Records that went through enrichment together, and how long they took.</summary>
internal sealed record EnrichedGroup(IReadOnlyList<EnrichedRecord> Records, double Seconds);
