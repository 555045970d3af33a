namespace Migration.Benchmarks.Results;

/// <summary>A figure over several rounds.</summary>
internal sealed record Spread(double Median, double Least, double Most)
{
    /// <summary>Null for none.</summary>
    public static Spread? Of(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToList();
        if (sorted.Count == 0)
            return null;
        var middle = sorted.Count / 2;
        var median = sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
