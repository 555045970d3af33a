using System.Globalization;

namespace Migration.KubernetesStandIn.Controllers;

/// <summary>Completion indexes as a Job's status writes them: <c>0,1,3-5</c>.</summary>
internal sealed class IndexSet : SortedSet<int>
{
    private IndexSet(IEnumerable<int> indexes)
        : base(indexes)
    {
    }

    /// <param name="below">Indexes from here on are no longer the Job's.</param>
    public static IndexSet Parse(string? text, int below)
    {
        var parts = (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        return new(parts.SelectMany(Range).Where(index => index < below));
    }

    public override string ToString()
    {
        var parts = new List<string>();
        var indexes = this.ToArray();
        for (var first = 0; first < indexes.Length;)
        {
            var last = first;
            while (last + 1 < indexes.Length && indexes[last + 1] == indexes[last] + 1)
                last++;
            parts.Add((last - first) switch
            {
                0 => $"{indexes[first]}",
                1 => $"{indexes[first]},{indexes[last]}",
                _ => $"{indexes[first]}-{indexes[last]}",
            });
            first = last + 1;
        }

        return string.Join(',', parts);
    }

    private static IEnumerable<int> Range(string part)
    {
        var ends = part.Split('-');
        var first = int.Parse(ends[0], CultureInfo.InvariantCulture);
        return Enumerable.Range(first, int.Parse(ends[^1], CultureInfo.InvariantCulture) - first + 1);
    }
}
