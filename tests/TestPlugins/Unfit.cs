using Migration.Contracts.Plugins;

namespace Migration.TestPlugins;

/// <summary>Classes that no step can use, each for another reason.</summary>
public static class Unfit
{
    public sealed class Unmarked : RecordPlugin;

    [Plugin(2)]
    public sealed class FromTheFuture : RecordPlugin;

    [Plugin]
    public sealed class NoPlugin;

    [Plugin]
    public abstract class Abstract : RecordPlugin;

    [Plugin]
    public sealed class Broken : RecordPlugin
    {
        public Broken() => throw new InvalidOperationException("nothing works today");
    }

    public abstract class RecordPlugin : IRecordPlugin
    {
        public Task<IReadOnlyDictionary<string, object?>> EnrichAsync(IReadOnlyDictionary<string, object?> record, CancellationToken cancellationToken)
            => Task.FromResult(record);
    }
}
