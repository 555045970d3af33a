namespace Migration.Worker.Consumers;

/// <summary>Slices that follow each other by their numbers.</summary>
internal static class SliceRuns
{
    /// <param name="slices">In the order of their numbers.</param>
    public static List<List<T>> Of<T>(IEnumerable<T> slices, Func<T, int> number)
    {
        var runs = new List<List<T>>();
        foreach (var slice in slices)
        {
            if (runs.Count > 0 && number(runs[^1][^1]) + 1 == number(slice))
                runs[^1].Add(slice);
            else
                runs.Add([slice]);
        }

        return runs;
    }
}
