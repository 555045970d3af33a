using System.Text;

namespace Migration.Coordinator.Tracking;

/// <summary>
/// Standard error of a process that may show live progress on the same terminal: while it does, whole lines go above the
/// progress, which would overwrite them otherwise. To be installed before anything that keeps
/// <see cref="Console.Error"/>, as loggers do.
/// </summary>
internal sealed class ErrorsAboveProgress(TextWriter errors) : TextWriter
{
    private static LiveArea? _area;

    private readonly Lock _turn = new();
    private readonly StringBuilder _line = new();

    public override Encoding Encoding => errors.Encoding;

    /// <summary>Does nothing where standard error goes to a file or a pipe.</summary>
    public static void Install()
    {
        if (!Console.IsErrorRedirected)
            Console.SetError(new ErrorsAboveProgress(Console.Error));
    }

    /// <summary>The progress that is on the terminal from now on; null for none.</summary>
    public static void Show(LiveArea? area) => Volatile.Write(ref _area, area);

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        if (value is null)
            return;
        lock (_turn)
        {
            _line.Append(value);
            if (value.Contains('\n'))
                WriteLines();
        }
    }

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Flush()
    {
        // Half a line waits for its other half while it could not stand above the progress.
        lock (_turn)
        {
            if (Volatile.Read(ref _area) is null)
                Drain(_line.Length);
        }

        errors.Flush();
    }

    private void WriteLines()
    {
        var text = _line.ToString();
        var whole = text.LastIndexOf('\n') + 1;
        if (Volatile.Read(ref _area) is { } area)
        {
            _line.Remove(0, whole);
            area.WriteAbove(text[..whole]);
        }
        else
        {
            Drain(text.Length);
        }
    }

    private void Drain(int count)
    {
        errors.Write(_line.ToString(0, count));
        _line.Remove(0, count);
    }
}
