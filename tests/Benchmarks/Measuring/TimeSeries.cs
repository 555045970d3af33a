using System.Globalization;

namespace Migration.Benchmarks.Measuring;

/// <summary>A figure that only grows, looked at from time to time; in between it is taken to grow evenly.</summary>
internal sealed class TimeSeries
{
    private readonly List<(double At, double Value)> _points = [];

    public void Add(double at, double value) => _points.Add((at, _points.Count == 0 ? value : Math.Max(value, _points[^1].Value)));

    /// <summary>Lines of two numbers: when, in seconds since 1970, and how much. A last line that is cut off is left out.</summary>
    public static TimeSeries Parse(IEnumerable<string> lines)
    {
        var series = new TimeSeries();
        foreach (var line in lines)
        {
            if (line.Split(' ') is [var at, var value]
                && double.TryParse(at, CultureInfo.InvariantCulture, out var seconds)
                && double.TryParse(value, CultureInfo.InvariantCulture, out var figure))
                series.Add(seconds, figure);
        }

        return series;
    }

    /// <summary>By how much it grew.</summary>
    public double Growth(double from, double to) => ValueAt(to) - ValueAt(from);

    /// <summary>Before the first look it is 0, after the last what it was then.</summary>
    private double ValueAt(double time)
    {
        if (_points.Count == 0 || time < _points[0].At)
            return 0;
        var after = _points.FindIndex(point => point.At >= time);
        if (after < 0)
            return _points[^1].Value;
        if (after == 0)
            return _points[0].Value;
        var (left, right) = (_points[after - 1], _points[after]);
        return left.Value + ((right.Value - left.Value) * (time - left.At) / (right.At - left.At));
    }
}
