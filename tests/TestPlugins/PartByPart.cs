using Migration.Contracts.Plugins;

namespace Migration.TestPlugins;

/// <summary>Of a row in a child's table, with a column of the record that it belongs to.</summary>
[Plugin]
public sealed class PartByPart : IRecordPlugin
{
    public Task<IReadOnlyDictionary<string, object?>> EnrichAsync(IReadOnlyDictionary<string, object?> record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var part = (string?)record["parts.part"];
        if (part == "odd")
            throw new RecordRefusedException("it is odd");
        return Task.FromResult<IReadOnlyDictionary<string, object?>>(
            new Dictionary<string, object?> { ["parts.word"] = part is null ? null : $"{part} of {record["id"]}" });
    }
}
