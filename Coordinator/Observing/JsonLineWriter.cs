using System.Text;
using System.Text.Json;
using Migration.Worker.Hosting;
using Spectre.Console;

namespace Migration.Coordinator.Observing;

/// <summary>
/// Stands where a coordinator would write text for people, and makes a message of each line, so that standard output holds
/// JSON lines and nothing else.
/// </summary>
internal sealed class JsonLineWriter(TextWriter output, string run, string level) : TextWriter
{
    private readonly StringBuilder _line = new();
    private readonly Lock _turn = new();

    public override Encoding Encoding => output.Encoding;

    /// <summary>A console that ends in such lines where they are wanted; else the terminal's.</summary>
    public static IAnsiConsole Console(string run) => !JsonLine.IsWanted ? AnsiConsole.Console : AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.No,
        ColorSystem = ColorSystemSupport.NoColors,
        Interactive = InteractionSupport.No,
        Out = new AnsiConsoleOutput(new JsonLineWriter(System.Console.Out, run, "info")),
    }).WithRoom();

    /// <summary>For what goes to standard error elsewhere.</summary>
    public static TextWriter Errors(string run)
        => JsonLine.IsWanted ? new JsonLineWriter(System.Console.Out, run, "warning") : System.Console.Error;

    /// <summary>Null where the console is for people.</summary>
    public static JsonLineWriter? Of(IAnsiConsole console) => console.Profile.Out.Writer as JsonLineWriter;

    /// <summary>A message with members of its own.</summary>
    public void Say(string message, Action<Utf8JsonWriter> more)
        => output.WriteLine(JsonLine.Of(DateTimeOffset.UtcNow, level, message, json =>
        {
            json.WriteString("run", run);
            more(json);
        }));

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        lock (_turn)
        {
            foreach (var part in (value ?? "").Split('\n').Index())
            {
                if (part.Index > 0)
                    EndLine();
                _line.Append(part.Item);
            }
        }
    }

    private void EndLine()
    {
        var line = _line.ToString().Trim();
        _line.Clear();
        if (line.Length > 0)
            Say(line, _ => { });
    }
}
