using System.Text;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace Migration.Coordinator.Tests;

/// <summary>A terminal of a given size that keeps what a person would see, scrolled off rows included.</summary>
internal sealed partial class TestTerminal : TextWriter, IAnsiConsoleOutput
{
    private readonly List<StringBuilder> _rows = [new()];
    private int _row;
    private int _column;

    /// <param name="isTerminal">False for a pipe: no colours, no cursor, no width.</param>
    public TestTerminal(int width, int height, bool isTerminal = true)
    {
        (Width, Height, IsTerminal) = (width, height, isTerminal);
        Console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Out = this,
        });
        Console.Profile.Capabilities.Unicode = true;
    }

    public IAnsiConsole Console { get; }

    public TextWriter Writer => this;

    public bool IsTerminal { get; }

    public int Width { get; }

    public int Height { get; }

    /// <summary>True: writing fails, as on a pipe whose reader has gone.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Without trailing spaces and empty rows at the end.</summary>
    public IReadOnlyList<string> Rows
        => Text.Split('\n').Select(row => row.TrimEnd()).ToList() is var rows && rows.FindLastIndex(row => row.Length > 0) is var last
            ? rows[..(last + 1)]
            : [];

    public string Text => string.Join('\n', _rows);

    public override Encoding Encoding => Encoding.UTF8;

    public void SetEncoding(Encoding encoding)
    {
    }

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        if (IsBroken)
            throw new IOException("Broken pipe");
        foreach (Match part in Parts().Matches(value ?? ""))
            Show(part.Value, part.Groups["number"].Value, part.Groups["command"].Value);
    }

    private void Show(string part, string number, string command)
    {
        switch (part, command)
        {
            case ("\n", _):
                MoveTo(_row + 1);
                _column = 0;
                break;
            case ("\r", _):
                _column = 0;
                break;
            case (_, "A"):
                MoveTo(_row - int.Parse(number, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case (_, "K"):
                _rows[_row].Length = Math.Min(_rows[_row].Length, _column);
                break;
            case (_, "J"):
                _rows[_row].Length = Math.Min(_rows[_row].Length, _column);
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                break;
            case (_, "m"):
                break;
            default:
                Put(part);
                break;
        }
    }

    private void Put(string part)
    {
        if (part[0] == '\u001b')
            throw new NotSupportedException($"An escape sequence that this terminal does not know: {part[1..]}");
        foreach (var letter in part)
        {
            if (IsTerminal && _column == Width)
            {
                MoveTo(_row + 1);
                _column = 0;
            }

            var row = _rows[_row];
            if (row.Length <= _column)
                row.Append(' ', _column - row.Length + 1);
            row[_column++] = letter;
        }
    }

    private void MoveTo(int row)
    {
        if (row < 0 || row <= _rows.Count - 1 - Height)
            throw new InvalidOperationException($"The cursor would leave the screen of {Height} rows.");
        while (_rows.Count <= row)
            _rows.Add(new());
        _row = row;
    }

    [GeneratedRegex(@"\u001b\[(?<number>[0-9;?]*)(?<command>[A-Za-z])|\n|\r|[^\n\r\u001b]+|\u001b.?")]
    private static partial Regex Parts();
}
