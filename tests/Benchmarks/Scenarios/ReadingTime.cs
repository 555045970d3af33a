namespace Migration.Benchmarks.Scenarios;

/// <summary>What a reading process prints, as JSON.</summary>
internal sealed record ReadingTime(long Records, int? Slices, double Seconds);
