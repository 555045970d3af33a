using Spectre.Console;
using Spectre.Console.Rendering;

namespace Migration.Coordinator.Tracking;

/// <summary>Progress as a few lines, a bar for each collection, never wider or higher than there is room.</summary>
/// <param name="unicode">False for a terminal that can only show ASCII.</param>
internal sealed class ProgressBlock(int width, int height, bool unicode)
{
    private const int LongestBar = 40;
    private const int ShortestBar = 6;
    private const string Gap = "  ";

    private static readonly Style Grey = new(Color.Grey);
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Odd = new(Color.Yellow);
    private static readonly Style Bad = new(Color.Red);

    /// <summary>Columns in the order in which they go where there is no room; name and percentage stay.</summary>
    private static readonly Column[] Dispensable = [Column.Slices, Column.Rate, Column.Bar, Column.Left, Column.Count];

    private enum Column
    {
        Name, Bar, Percent, Count, Rate, Left, Slices, Trouble,
    }

    public IReadOnlyList<IReadOnlyList<Segment>> Lines(ProgressSnapshot now)
    {
        var rows = now.Collections.Count > 1 ? now.Collections.Append(now.Total).ToList() : [.. now.Collections];
        var (shown, hidden) = Fitting(rows);
        var cells = shown.ConvertAll(Cells);
        var columns = Enum.GetValues<Column>().ToList();
        foreach (var column in Dispensable.TakeWhile(_ => Width(columns, cells) > width))
            columns.Remove(column);
        var bar = Math.Min(LongestBar, ShortestBar + Math.Max(0, width - Width(columns, cells)));
        var lines = new List<IReadOnlyList<Segment>> { Header(now) };
        for (var i = 0; i < shown.Count; i++)
            lines.Add(Row(shown[i], cells, i, columns, bar));
        if (hidden > 0)
            lines.Add([new Segment($"and {hidden} more", Grey)]);
        return [.. lines.Take(Math.Max(1, height)).Select(Cut)];
    }

    /// <summary>Where not all rows fit, those that are under way come first; the order stays.</summary>
    private (List<Pace> Shown, int Hidden) Fitting(List<Pace> rows)
    {
        var room = Math.Max(1, height - 2);
        if (rows.Count <= room + 1)
            return (rows, 0);
        var chosen = rows.OrderBy(row => row.IsOver ? 2 : row.Done == 0 ? 1 : 0).Take(room).ToHashSet();
        return (rows.FindAll(chosen.Contains), rows.Count - chosen.Count);
    }

    private static List<Segment> Header(ProgressSnapshot now)
    {
        var names = now.Workers.Count == 0 ? "" : $" ({string.Join(", ", now.Workers)})";
        return
        [
            new Segment(now.Run, new Style(decoration: Decoration.Bold)),
            new Segment($"{Gap}{DurationText.Short(now.Elapsed)}{Gap}{CountsText.Of(now.Workers.Count, "worker")}"),
            new Segment(names, Grey),
        ];
    }

    private static Dictionary<Column, Segment> Cells(Pace pace) => new()
    {
        [Column.Name] = new(pace.Name),
        [Column.Percent] = new($"{pace.Percent}%"),
        [Column.Count] = new($"{pace.Done:N0}/{pace.Total:N0}"),
        [Column.Rate] = new(pace.PerSecond is { } rate && !pace.IsOver ? CountsText.Rate(rate) : ""),
        [Column.Left] = new(ProgressLine.Left(pace) ?? "", pace.IsOver && !pace.IsPaused ? Good : Style.Plain),
        [Column.Slices] = new($"{pace.SlicesDone:N0}/{pace.Slices:N0} slices", Grey),
        [Column.Trouble] = Trouble(pace),
    };

    private static Segment Trouble(Pace pace)
    {
        var words = new[]
        {
            pace.IsPaused ? "paused" : null,
            pace.GaveUp > 0 ? $"{CountsText.Of(pace.GaveUp, "slice")} gave up" : null,
            pace.Quarantined > 0 ? $"{pace.Quarantined:N0} quarantined" : null,
        };
        return new Segment(string.Join(Gap, words.OfType<string>()), pace.GaveUp > 0 || pace.IsPaused ? Bad : Odd);
    }

    private List<Segment> Row(Pace pace, List<Dictionary<Column, Segment>> cells, int row, List<Column> columns, int bar)
    {
        var line = new List<Segment>();
        foreach (var column in columns)
        {
            if (line.Count > 0)
                line.Add(new Segment(Gap));
            if (column == Column.Bar)
                line.AddRange(Bar(pace, bar));
            else
                line.AddRange(Padded(cells[row][column], ColumnWidth(column, cells), left: column is not (Column.Name or Column.Trouble)));
        }

        return line;
    }

    private IEnumerable<Segment> Bar(Pace pace, int length)
    {
        var done = length * pace.Percent / 100;
        yield return new Segment(new string(unicode ? '━' : '#', done), pace.GaveUp > 0 ? Bad : Good);
        yield return new Segment(new string(unicode ? '─' : '-', length - done), Grey);
    }

    private static Segment[] Padded(Segment cell, int to, bool left)
    {
        var padding = new Segment(new string(' ', Math.Max(0, to - cell.CellCount())));
        return left ? [padding, cell] : [cell, padding];
    }

    private static int Width(List<Column> columns, List<Dictionary<Column, Segment>> cells)
        => columns.Sum(column => ColumnWidth(column, cells)) + ((columns.Count - 1) * Gap.Length);

    private static int ColumnWidth(Column column, List<Dictionary<Column, Segment>> cells)
        => column == Column.Bar ? ShortestBar : cells.Max(row => row[column].CellCount());

    private IReadOnlyList<Segment> Cut(IReadOnlyList<Segment> line) => Segment.Truncate(line, Math.Max(1, width));
}
