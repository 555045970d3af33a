using Migration.Benchmarks.Results;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace Migration.Benchmarks.Reports;

/// <summary>Results as drawings, in SVG.</summary>
internal static class Plots
{
    private const double Width = 960;
    private const double HeightOfBar = 26;
    private const double HeightOfRest = 110;
    private const double WidthOfCharacter = 6.2;
    private const double Micro = 1e-6;

    private static readonly OxyColor s_ours = OxyColor.FromRgb(0x2b, 0x6c, 0xb0);
    private static readonly OxyColor s_others = OxyColor.FromRgb(0x9a, 0xa5, 0xb1);
    private static readonly OxyColor s_postgres = OxyColor.FromRgb(0xd6, 0x9e, 0x2e);

    /// <summary>Each way's rate as a share of one psql stream's: the median as a bar, the spread over the rounds as a line.</summary>
    public static string Rates(BenchResult result)
    {
        var reference = result.Find(result.Reference);
        var ways = Ways(result).Select(way => (Way: way, Spread: way.Against(reference, attempt => attempt.Rate))).Where(way => way.Spread is not null).ToList();
        var model = Model("Rows a second, as a share of one psql \\copy stream", ways.Select(way => way.Way));
        var bars = new BarSeries { BarWidth = 0.6, StrokeThickness = 0 };
        bars.Items.AddRange(ways.Select(way => new BarItem(way.Spread!.Median) { Color = way.Way.Slices() ? s_ours : s_others }));
        model.Series.Add(bars);
        foreach (var (index, (_, spread)) in ways.Index())
            model.Series.Add(Whisker(index, spread!));
        model.Annotations.Add(new LineAnnotation { Type = LineAnnotationType.Vertical, X = 1, Color = OxyColors.Black });
        return Svg(model, ways.Count);
    }

    /// <summary>CPU for a row: the programs that move the rows, and PostgreSQL.</summary>
    public static string Cpu(BenchResult result)
    {
        // What writes row by row would make all others too small to see.
        var ways = Ways(result).Where(way => way.Of(PostgresPerRow) is { Median: < 60 }).ToList();
        var model = Model("CPU for a row, µs: the programs (blue) and PostgreSQL (yellow)", ways);
        model.Series.Add(Stack(s_ours, ways, attempt => attempt.CpuSeconds / attempt.Rows / Micro));
        model.Series.Add(Stack(s_postgres, ways, PostgresPerRow));
        return Svg(model, ways.Count);
    }

    private static double? PostgresPerRow(Attempt attempt) => attempt.PostgresCpuSeconds / attempt.Rows / Micro;

    private static IEnumerable<ScenarioResult> Ways(BenchResult result)
        => result.Scenarios.Where(scenario => scenario.Kind == ScenarioKind.Rows && scenario.Attempts.Count > 0);

    /// <summary>Only our runs are in slices.</summary>
    private static bool Slices(this ScenarioResult way) => way.Attempts.Values.First().Slices is not null;

    private static PlotModel Model(string title, IEnumerable<ScenarioResult> ways)
    {
        var titles = ways.Select(way => way.Title.Replace("`", "", StringComparison.Ordinal)).ToList();
        var model = new PlotModel { Title = title, TitleFontSize = 14, DefaultFont = "Arial", Background = OxyColors.White };
        // Whoever draws the text may have another font than the one that was measured.
        model.PlotMargins = new OxyThickness(20 + (WidthOfCharacter * titles.Select(title => title.Length).DefaultIfEmpty().Max()), double.NaN, double.NaN, double.NaN);
        var names = new CategoryAxis { Position = AxisPosition.Left, StartPosition = 1, EndPosition = 0, IsTickCentered = true };
        names.Labels.AddRange(titles);
        model.Axes.Add(names);
        model.Axes.Add(new LinearAxis { Position = AxisPosition.Bottom, Minimum = 0, MajorGridlineStyle = LineStyle.Dot, MaximumPadding = 0.05 });
        return model;
    }

    private static BarSeries Stack(OxyColor colour, IEnumerable<ScenarioResult> ways, Func<Attempt, double?> figure)
    {
        var bars = new BarSeries { FillColor = colour, IsStacked = true, BarWidth = 0.6, StrokeThickness = 0 };
        bars.Items.AddRange(ways.Select(way => new BarItem(way.Of(figure)?.Median ?? 0)));
        return bars;
    }

    private static LineSeries Whisker(int index, Spread spread)
    {
        var line = new LineSeries { Color = OxyColors.Black, StrokeThickness = 1.5, MarkerType = MarkerType.Circle, MarkerSize = 2, MarkerFill = OxyColors.Black };
        line.Points.Add(new DataPoint(spread.Least, index));
        line.Points.Add(new DataPoint(spread.Most, index));
        return line;
    }

    private static string Svg(PlotModel model, int bars)
        => new SvgExporter { Width = Width, Height = HeightOfRest + (bars * HeightOfBar), UseVerticalTextAlignmentWorkaround = true }.ExportToString(model);
}
