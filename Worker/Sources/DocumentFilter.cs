using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>
/// A MongoDB query that is applied to a dump's documents, as a server without a collation would apply it. Compiled once;
/// what is not understood is refused then, so that nothing is left out or let in by a guess.
/// </summary>
internal sealed class DocumentFilter
{
    private readonly FilterCondition _condition;

    private DocumentFilter(FilterCondition condition) => _condition = condition;

    /// <param name="query">Extended JSON.</param>
    /// <param name="collection">For messages.</param>
    /// <exception cref="SourceException">It is no JSON, or has an operator that a dump cannot be filtered by.</exception>
    public static DocumentFilter Compile(string query, string collection)
    {
        var document = Parse(query, collection);
        try
        {
            return new DocumentFilter(FilterCompiler.Query(document));
        }
        catch (FormatException e)
        {
            throw new SourceException($"{collection}: filter: {e.Message}", e);
        }
    }

    /// <summary>The query as a document, its operators unseen; for a server, which knows its own.</summary>
    public static BsonDocument Parse(string query, string collection)
    {
        try
        {
            return BsonDocument.Parse(query);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or ArgumentException or OverflowException or BsonException)
        {
            throw new SourceException($"{collection}: the filter is not a query in extended JSON: {e.Message}", e);
        }
    }

    /// <exception cref="FormatException">The document is broken.</exception>
    public bool Matches(ReadOnlySpan<byte> document) => _condition.Matches(document);
}
