using Migration.DocumentDbGateway.Engine;
using Migration.DocumentDbGateway.Wire;
using MongoDB.Bson;
using MongoDB.Bson.Serialization;

namespace Migration.DocumentDbGateway.Commands;

/// <summary>Commands that change documents. Each is one transaction of the engine.</summary>
internal sealed class WriteCommands(EngineClient engine)
{
    public void Register(IDictionary<string, CommandHandler> handlers)
    {
        foreach (var name in (string[])["insert", "update", "delete"])
        {
            var sql = $"SELECT p_result::bytea, p_success FROM documentdb_api.{name}" +
                "($1::text, $2::bytea::documentdb_core.bson, $3::bytea::documentdb_core.bsonsequence, NULL)";
            handlers[name] = (request, cancellationToken) =>
                WriteAsync(sql, [request.Database, request.Body, request.Sequence], cancellationToken);
        }

        const string FindAndModify = "SELECT p_result::bytea, p_success FROM documentdb_api.find_and_modify" +
            "($1::text, $2::bytea::documentdb_core.bson, NULL)";
        handlers["findAndModify"] = (request, cancellationToken) =>
            WriteAsync(FindAndModify, [request.Database, request.Body], cancellationToken);
    }

    private async Task<Reply> WriteAsync(string sql, object[] values, CancellationToken cancellationToken)
    {
        var (reply, success) = await engine.WriteAsync(sql, values, cancellationToken);
        if (success)
            return reply;
        using (reply)
            return Reply.Of(WithPublishedCodes(BsonSerializer.Deserialize<BsonDocument>(reply.Document.ToArray())));
    }

    private static BsonDocument WithPublishedCodes(BsonDocument result)
    {
        if (result.TryGetValue("writeErrors", out var errors))
        {
            foreach (var error in errors.AsBsonArray)
                error["code"] = EngineErrors.CodeOf(error["code"].ToInt32());
        }

        return result;
    }
}
