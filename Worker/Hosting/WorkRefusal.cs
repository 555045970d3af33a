namespace Migration.Worker.Hosting;

/// <summary>Why this process cannot work at all; it outlives the host, so that the program can end with it.</summary>
internal sealed class WorkRefusal
{
    public Exception? Exception { get; set; }
}
