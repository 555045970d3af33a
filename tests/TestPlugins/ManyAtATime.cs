using Migration.Contracts.Plugins;

namespace Migration.TestPlugins;

/// <summary>The setting <c>does</c> says what it does with a batch that has the record 3.</summary>
[Plugin]
public sealed class ManyAtATime : IBatchPlugin
{
    private string _does = "good";

    public Task OpenAsync(PluginContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        _does = context.Settings.GetValueOrDefault("does", "good");
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<IReadOnlyDictionary<string, object?>>> EnrichAsync(
        IReadOnlyList<IReadOnlyDictionary<string, object?>> records, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(records);
        var good = records.Select(record => RecordByRecord.Good((long)record["id"]!)).ToList();
        if (!records.Any(record => (long)record["id"]! == 3))
            return good;
        switch (_does)
        {
            case "throw":
                throw new FormatException("three");
            case "refuse":
                throw new RecordRefusedException("three");
            case "wait":
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return good;
            case "return one too few":
                return good[1..];
            case "return null":
                return null!;
            case "return null for one":
                return [.. records.Select((record, i) => (long)record["id"]! == 3 ? null! : good[i])];
            default:
                return good;
        }
    }
}
