using Migration.DocumentDbGateway.Engine;
using Migration.DocumentDbGateway.Wire;
using MongoDB.Bson;

namespace Migration.DocumentDbGateway.Commands;

/// <summary>Commands about databases, collections and indexes, and those that answer with one document.</summary>
internal sealed class CatalogCommands(EngineClient engine)
{
    private const string Database = "$1::text";
    private const string Body = "$2::bytea::documentdb_core.bson";

    public void Register(IDictionary<string, CommandHandler> handlers)
    {
        handlers["count"] = OnBody("documentdb_api.count_query", Body);
        handlers["distinct"] = OnBody("documentdb_api.distinct_query", Body);
        handlers["create"] = OnBody("documentdb_api.create_collection_view", Body);
        // In line rather than by the engine's background job: a test wants its index when the command returns.
        handlers["createIndexes"] = OnBody("documentdb_api_internal.create_indexes_non_concurrently", $"{Body}, true");
        handlers["listDatabases"] = ListDatabasesAsync;
        handlers["collStats"] = CollectionStatsAsync;
        handlers["dbStats"] = DatabaseStatsAsync;
        handlers["drop"] = DropAsync;
        handlers["dropDatabase"] = DropDatabaseAsync;
    }

    private CommandHandler OnBody(string function, string argument)
    {
        var sql = $"SELECT {function}({Database}, {argument})::bytea";
        return (request, cancellationToken) =>
            engine.DocumentAsync(sql, [request.Database, request.Body], cancellationToken);
    }

    private Task<Reply> ListDatabasesAsync(CommandRequest request, CancellationToken cancellationToken) =>
        engine.DocumentAsync(
            "SELECT documentdb_api.list_databases($1::bytea::documentdb_core.bson)::bytea", [request.Body], cancellationToken);

    private Task<Reply> CollectionStatsAsync(CommandRequest request, CancellationToken cancellationToken) =>
        engine.DocumentAsync(
            "SELECT documentdb_api.coll_stats($1::text, $2::text)::bytea",
            [request.Database, request.Collection],
            cancellationToken);

    private Task<Reply> DatabaseStatsAsync(CommandRequest request, CancellationToken cancellationToken) =>
        engine.DocumentAsync("SELECT documentdb_api.db_stats($1::text)::bytea", [request.Database], cancellationToken);

    private async Task<Reply> DropAsync(CommandRequest request, CancellationToken cancellationToken)
    {
        var dropped = await engine.ScalarAsync(
            "SELECT documentdb_api.drop_collection($1::text, $2::text)",
            [request.Database, request.Collection],
            cancellationToken);
        if (dropped is not true)
            throw new CommandException(26, "NamespaceNotFound", "ns not found");
        return Reply.Of(new BsonDocument { { "ns", $"{request.Database}.{request.Collection}" }, { "ok", 1.0 } });
    }

    private async Task<Reply> DropDatabaseAsync(CommandRequest request, CancellationToken cancellationToken)
    {
        await engine.ScalarAsync(
            "SELECT 1 FROM documentdb_api.drop_database($1::text)", [request.Database], cancellationToken);
        return Reply.Of(new BsonDocument { { "dropped", request.Database }, { "ok", 1.0 } });
    }
}
