namespace Migration.Benchmarks.Results;

internal sealed record LeftOut(string Name, string Reason);
