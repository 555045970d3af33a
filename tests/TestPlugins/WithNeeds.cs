using Migration.Contracts.Plugins;
using Spectre.Console;

namespace Migration.TestPlugins;

/// <summary>Needs an assembly of its own folder.</summary>
[Plugin]
public sealed class WithNeeds : IRecordPlugin
{
    public Task<IReadOnlyDictionary<string, object?>> EnrichAsync(IReadOnlyDictionary<string, object?> record, CancellationToken cancellationToken)
        => Task.FromResult<IReadOnlyDictionary<string, object?>>(new Dictionary<string, object?> { ["word"] = Markup.Escape($"[{record?["text"]}]") });
}
