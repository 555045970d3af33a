using System.Globalization;

namespace Migration.EndToEnd.Tests.Harness;

/// <summary>The example's migration file with the settings that a test needs; the mapping is the example's, word by word.</summary>
internal sealed record ShopFile
{
    /// <summary>Records in a slice at most.</summary>
    public int SliceRecords { get; init; } = 500;

    /// <summary>Records in a slice at least.</summary>
    public int LeastSliceRecords { get; init; } = 100;

    /// <summary>Records a second that one worker reads; null for no cap.</summary>
    public int? RecordsPerSecond { get; init; }

    /// <summary>The shortest that is allowed: a test that kills a worker waits for it.</summary>
    public int LeaseSeconds { get; init; } = 5;

    /// <summary>Slices that a worker has in hand at a time.</summary>
    public int Slices { get; init; } = 2;

    /// <summary>Small slices that one message asks for; null leaves it to the coordinator.</summary>
    public int? SlicesPerMessage { get; init; }

    /// <summary>Records in a batch at most.</summary>
    public int BatchRecords { get; init; } = 2_000;

    /// <summary>Attempts that move nothing before a slice is given up, or cut where its workers died.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>After so long without any movement an attempt counts as hanging.</summary>
    public int ProgressSeconds { get; init; } = 300;

    public string Text()
    {
        var cap = RecordsPerSecond is { } records ? string.Create(CultureInfo.InvariantCulture, $"maxRecordsPerSecond: {records}") : "";
        var text = Replace(File.ReadAllText(Repository.ExampleFile), "maxRecordsPerSecond: 6000", cap);
        text = Replace(text, "maxRecords: 1000", string.Create(CultureInfo.InvariantCulture, $"minRecords: {Math.Min(LeastSliceRecords, SliceRecords)}\n  maxRecords: {SliceRecords}\n  maxAttempts: {MaxAttempts}"));
        if (SlicesPerMessage is { } slices)
            text = Replace(text, "\nslices:\n", string.Create(CultureInfo.InvariantCulture, $"\nslices:\n  perMessage: {slices}\n"));
        return text + string.Create(CultureInfo.InvariantCulture, $"\nworker:\n  leaseSeconds: {LeaseSeconds}\n  slices: {Slices}\n  batchRecords: {BatchRecords}\n  progressSeconds: {ProgressSeconds}\n");
    }

    private static string Replace(string text, string from, string to)
    {
        Assert.Contains(from, text, StringComparison.Ordinal);
        return text.Replace(from, to, StringComparison.Ordinal);
    }
}
