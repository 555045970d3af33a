using Migration.DocumentDbGateway.Cursors;
using Migration.DocumentDbGateway.Engine;
using Migration.DocumentDbGateway.Wire;
using MongoDB.Bson;
using Npgsql;

namespace Migration.DocumentDbGateway.Commands;

/// <summary>Commands that answer with pages.</summary>
/// <remarks>
/// The first page is asked for inside a transaction. Outside of one the engine has to keep a sorted cursor beyond
/// its statement, for which PostgreSQL computes and stores the whole result before the first page; inside of one it
/// stays an open portal that is read as pages are asked for.
/// </remarks>
internal sealed class CursorCommands(EngineClient engine, CursorStore cursors)
{
    private const string Page = "cursorpage::bytea, continuation::bytea";
    private const string Arguments = "($1::text, $2::bytea::documentdb_core.bson)";

    public void Register(IDictionary<string, CommandHandler> handlers)
    {
        handlers["find"] = FindAsync;
        handlers["aggregate"] = FirstPage("aggregate_cursor_first_page");
        handlers["listCollections"] = FirstPage("list_collections_cursor_first_page");
        handlers["listIndexes"] = FirstPage("list_indexes_cursor_first_page");
        handlers["getMore"] = GetMoreAsync;
        handlers["killCursors"] = KillAsync;
    }

    private static string FirstPageSql(string function) =>
        $"SELECT {Page}, cursorid FROM documentdb_api.{function}{Arguments}";

    private CommandHandler FirstPage(string function)
    {
        var sql = FirstPageSql(function);
        return (request, cancellationToken) => FirstPageAsync(sql, request, cancellationToken);
    }

    private Task<Reply> FindAsync(CommandRequest request, CancellationToken cancellationToken)
    {
        // The engine drops these two without a word, and would return what lies outside of them.
        if (request.Has("min") || request.Has("max"))
            throw CommandException.BadValue("'min' and 'max' on find are not supported by this engine.");
        return FirstPageAsync(FirstPageSql("find_cursor_first_page"), request, cancellationToken);
    }

    private async Task<Reply> FirstPageAsync(string sql, CommandRequest request, CancellationToken cancellationToken)
    {
        var connection = await engine.ConnectAsync(cancellationToken);
        var isPortal = false;
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var page = await EngineClient.PageAsync(
                connection, sql, [request.Database, request.Body], cancellationToken);
            isPortal = page.Continuation is not null && page.IsPortal;
            if (!isPortal)
                await transaction.CommitAsync(cancellationToken);
            if (page.Continuation is not null)
                await KeepAsync(page, request, isPortal ? connection : null);
            return page.Reply;
        }
        finally
        {
            if (!isPortal)
                await connection.DisposeAsync();
        }
    }

    private Task KeepAsync(EnginePage page, CommandRequest request, NpgsqlConnection? connection) =>
        cursors.AddAsync(new OpenCursor(page.CursorId, request.Database, connection)
        {
            Continuation = page.Continuation!,
            Client = request.Client,
        });

    private async Task<Reply> GetMoreAsync(CommandRequest request, CancellationToken cancellationToken)
    {
        const string Sql = $"SELECT {Page}, 0::bigint " +
            "FROM documentdb_api.cursor_get_more($1::text, $2::bytea::documentdb_core.bson, $3::bytea::documentdb_core.bson)";
        var cursor = cursors.Take(request.Command["getMore"].ToInt64());
        var isKept = false;
        try
        {
            await using var borrowed = cursor.Connection is null ? await engine.ConnectAsync(cancellationToken) : null;
            object[] values = [cursor.Database, request.Body, cursor.Continuation];
            var page = await EngineClient.PageAsync((cursor.Connection ?? borrowed)!, Sql, values, cancellationToken);
            if (page.Continuation is not null)
            {
                cursor.Continuation = page.Continuation;
                cursor.Client = request.Client;
                isKept = true;
                await cursors.AddAsync(cursor);
            }

            return page.Reply;
        }
        finally
        {
            if (!isKept)
                await cursor.DisposeAsync();
        }
    }

    private async Task<Reply> KillAsync(CommandRequest request, CancellationToken cancellationToken)
    {
        var killed = new BsonArray();
        var missing = new BsonArray();
        foreach (var id in request.Command["cursors"].AsBsonArray)
            (await cursors.KillAsync(id.ToInt64()) ? killed : missing).Add(id);
        return Reply.Of(new BsonDocument
        {
            { "cursorsKilled", killed },
            { "cursorsNotFound", missing },
            { "cursorsAlive", new BsonArray() },
            { "cursorsUnknown", new BsonArray() },
            { "ok", 1.0 },
        });
    }
}
