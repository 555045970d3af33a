using Migration.DocumentDbGateway.Cursors;
using Migration.DocumentDbGateway.Engine;
using Migration.DocumentDbGateway.Wire;
using MongoDB.Bson;
using Npgsql;

namespace Migration.DocumentDbGateway.Commands;

/// <summary>Finds a command's handler by its name, and turns what goes wrong into MongoDB's form of an error.</summary>
internal sealed class CommandDispatcher
{
    private readonly Dictionary<string, CommandHandler> handlers = new(StringComparer.Ordinal);

    public CommandDispatcher(EngineClient engine, CursorStore cursors)
    {
        HandshakeCommands.Register(handlers);
        LoginCommands.Register(handlers);
        new CursorCommands(engine, cursors).Register(handlers);
        new WriteCommands(engine).Register(handlers);
        new CatalogCommands(engine).Register(handlers);
    }

    /// <exception cref="OperationCanceledException">The client has gone.</exception>
    public async Task<Reply> AnswerAsync(int client, WireMessage message, CancellationToken cancellationToken)
    {
        try
        {
            using var command = message.Command();
            var request = new CommandRequest(client, message, command);
            if (!handlers.TryGetValue(request.Name, out var handler))
                throw new CommandException(59, "CommandNotFound", $"no such command: '{request.Name}'");
            return await handler(request, cancellationToken);
        }
        catch (CommandException e)
        {
            return Failure(e);
        }
        catch (PostgresException e)
        {
            return Failure(EngineErrors.Translate(e));
        }
        catch (NpgsqlException e) when (!cancellationToken.IsCancellationRequested)
        {
            return Failure(new CommandException(91, "ShutdownInProgress", $"The engine does not answer: {e.Message}"));
        }
    }

    private static Reply Failure(CommandException e) => Reply.Of(new BsonDocument
    {
        { "ok", 0.0 },
        { "errmsg", e.Message },
        { "code", e.Code },
        { "codeName", e.CodeName },
    });
}
