namespace Migration.Contracts.Plugins;

/// <summary>Gives columns of a record new values, one record a call.</summary>
public interface IRecordPlugin : IPlugin
{
    /// <summary>
    /// Called for many records at a time, from several threads, and more than once for a record whose worker was killed or
    /// whose slice is taken up again.
    /// </summary>
    /// <param name="record">
    /// The columns of <c>read</c> by name, null for NULL. A column gives
    /// <list type="bullet">
    /// <item><c>text</c>, <c>varchar</c>: <see cref="string"/></item>
    /// <item><c>smallint</c>, <c>integer</c>, <c>bigint</c>: <see cref="long"/></item>
    /// <item><c>numeric</c>: <see cref="decimal"/>; a record whose number has more than its 28 digits is refused before the call</item>
    /// <item><c>real</c>, <c>double precision</c>: <see cref="double"/></item>
    /// <item><c>boolean</c>: <see cref="bool"/>; <c>uuid</c>: <see cref="Guid"/>; <c>bytea</c>: <see cref="byte"/>[]</item>
    /// <item><c>date</c>: <see cref="DateOnly"/>; <c>timestamp</c>, <c>timestamptz</c>: <see cref="DateTime"/> in UTC</item>
    /// <item><c>json</c>, <c>jsonb</c>: <see cref="System.Text.Json.JsonElement"/></item>
    /// <item>an array: <see cref="object"/>[] of these, null for an element that is NULL</item>
    /// </list>
    /// </param>
    /// <param name="cancellationToken">
    /// Cancelled when the worker stops or <c>timeoutSeconds</c> are over. A call that goes on all the same is left to itself
    /// and its answer ignored; a worker that has 100 such calls ends.
    /// </param>
    /// <returns>
    /// New values of columns of <c>write</c>, by name; a column that is not among them keeps its value. Besides the types
    /// above, any whole number, <see cref="float"/>, <see cref="DateTimeOffset"/>, a dictionary of names and values, and any
    /// list. What the column does not hold without loss quarantines the record.
    /// </returns>
    /// <exception cref="RecordRefusedException">
    /// The plugin works, and this record is none that it can do anything with: <c>onFailure</c> decides what becomes of it.
    /// So it does for any other exception; but when the first 20 calls all throw those, the worker ends.
    /// </exception>
    Task<IReadOnlyDictionary<string, object?>> EnrichAsync(
        IReadOnlyDictionary<string, object?> record, CancellationToken cancellationToken);
}
