using System.Globalization;
using Migration.Contracts.Plugins;

namespace Migration.TestPlugins;

/// <summary>Does what the setting <c>does</c> says with records whose <c>id</c> is in <c>on</c> (all without it), and is good to others.</summary>
[Plugin]
public sealed class RecordByRecord : IRecordPlugin, IDisposable
{
    private string _does = "good";
    private string _closing = "";
    private HashSet<long>? _on;

    public Task OpenAsync(PluginContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _does = context.Settings.GetValueOrDefault("does", "good");
        _closing = context.Settings.GetValueOrDefault("closing", "");
        _on = context.Settings.TryGetValue("on", out var on) ? [.. on.Split(' ').Select(id => long.Parse(id, CultureInfo.InvariantCulture))] : null;
        return _does switch
        {
            "fail to open" => throw new InvalidOperationException("no licence."),
            "never open" => Task.Delay(Timeout.Infinite, cancellationToken),
            _ => Task.CompletedTask,
        };
    }

    public async Task<IReadOnlyDictionary<string, object?>> EnrichAsync(IReadOnlyDictionary<string, object?> record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var id = (long)record["id"]!;
        var good = Good(id);
        if (_on?.Contains(id) == false)
            return good;
        switch (_does)
        {
            case "throw":
                throw new FormatException("what is this?\nsecond line");
            case "refuse":
                throw new RecordRefusedException("it is odd");
            case "cancel":
                throw new OperationCanceledException();
            case "wait":
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return good;
            case "block":
                // Deaf: as a call into a library that knows no cancellation.
                Thread.Sleep(TimeSpan.FromSeconds(20));
                return good;
            case "return null":
                return null!;
            case "return another column":
                return new Dictionary<string, object?> { ["wrd"] = "x" };
            case "return a wrong type":
                return new Dictionary<string, object?> { ["score"] = "eleven" };
            case "return an object of its own":
                return new Dictionary<string, object?> { ["word"] = this };
            case "return too large a number":
                return new Dictionary<string, object?> { ["score"] = 3_000_000_000u };
            case "return a list that throws":
                return new Dictionary<string, object?> { ["word"] = Enumerable.Range(0, 1).Select<int, object?>(_ => throw new TimeZoneNotFoundException("lazy")) };
            case "return nothing":
                return new Dictionary<string, object?>();
            case "return null for all":
                return new Dictionary<string, object?> { ["word"] = null, ["score"] = null };
            default:
                return good;
        }
    }

    public void Dispose()
    {
        if (_closing.Length > 0)
            File.WriteAllText(_closing, "closed");
    }

    internal static Dictionary<string, object?> Good(long id) => new() { ["word"] = $"word {id}", ["score"] = id * 2 };
}
