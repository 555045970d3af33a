namespace Migration.Benchmarks;

/// <summary>Something that a user can mend; the message says what, and no stack trace is shown.</summary>
internal sealed class BenchException(string message) : Exception(message);
