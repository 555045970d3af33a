namespace Migration.Coordinator.Sampling;

/// <summary>
/// Says on standard error how far the reading of a source has come, when it takes more than a few seconds: what a command
/// prints stays what it is asked for.
/// </summary>
internal sealed class ReadingProgress : IDisposable
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private readonly TextWriter _errors;
    private readonly ITimer _timer;
    private Func<string>? _now;

    public ReadingProgress(TextWriter errors, TimeProvider time)
    {
        _errors = errors;
        _timer = time.CreateTimer(_ => Say(), null, First, Every);
    }

    /// <summary>A collection is being opened, which for a compressed dump means unpacked.</summary>
    public void Opening(string collection) => _now = () => $"{collection}: opening";

    /// <param name="keys">So far.</param>
    /// <param name="about">Of so many, as far as is known.</param>
    public void Walked(string collection, long keys, long about)
        => _now = () => FormattableString.Invariant($"{collection}: {keys:N0} of about {Math.Max(keys, about):N0} keys walked");

    public void Read(string collection, long documents, long of)
        => _now = () => FormattableString.Invariant($"{collection}: {documents:N0} of about {Math.Max(documents, of):N0} documents read");

    public void Dispose() => _timer.Dispose();

    private void Say()
    {
        if (_now is { } now)
            _errors.WriteLine(now());
    }
}
