using Spectre.Console;
using Spectre.Console.Rendering;

namespace Migration.Coordinator.Tracking;

/// <summary>
/// The last lines of a terminal, rewritten in place. The cursor rests below them, so whatever ends the program leaves
/// them readable. Text for the terminal goes above them by <see cref="WriteAbove"/>; it would be overwritten otherwise.
/// </summary>
internal sealed class LiveArea(IAnsiConsole console)
{
    /// <summary>Whether the console can be rewritten at all: a terminal with a cursor, and a row besides the cursor's.</summary>
    public static bool CanBeOn(IAnsiConsole console)
        => console.Profile is { Capabilities: { Ansi: true, Interactive: true }, Out.IsTerminal: true, Height: > 1 };

    private readonly Lock _turn = new();
    private IReadOnlyList<IReadOnlyList<Segment>> _lines = [];

    public void Show(IReadOnlyList<IReadOnlyList<Segment>> lines)
    {
        lock (_turn)
            Draw(lines, above: "");
    }

    /// <param name="text">Whole lines, each with its end.</param>
    public void WriteAbove(string text)
    {
        lock (_turn)
            Draw(_lines, text);
    }

    private void Draw(IReadOnlyList<IReadOnlyList<Segment>> lines, string above)
    {
        var frame = new List<Segment>();
        if (_lines.Count > 0)
            frame.Add(Segment.Control($"\u001b[{_lines.Count}A\r"));
        if (above.Length > 0)
            frame.Add(Segment.Control("\u001b[J" + above));
        foreach (var line in lines)
        {
            frame.AddRange(line);
            frame.Add(Segment.Control("\u001b[K"));
            frame.Add(Segment.LineBreak);
        }

        frame.Add(Segment.Control("\u001b[J"));
        _lines = lines;
        console.Write(new Frame(frame));
    }

    private sealed class Frame(IReadOnlyList<Segment> segments) : Renderable
    {
        protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => segments;
    }
}
