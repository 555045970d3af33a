namespace Migration.Contracts.Plugins;

/// <summary>Gives columns of records new values, up to <c>batch</c> records a call.</summary>
public interface IBatchPlugin : IPlugin
{
    /// <summary>As <see cref="IRecordPlugin.EnrichAsync"/> in all, for many records.</summary>
    /// <param name="records">One to <c>batch</c>, in the order of their keys.</param>
    /// <returns>As many as there are records, in their order.</returns>
    /// <exception cref="RecordRefusedException">
    /// One of the records is at fault. After this and any other exception each record is given again, in a call of its own.
    /// </exception>
    Task<IReadOnlyList<IReadOnlyDictionary<string, object?>>> EnrichAsync(
        IReadOnlyList<IReadOnlyDictionary<string, object?>> records, CancellationToken cancellationToken);
}
