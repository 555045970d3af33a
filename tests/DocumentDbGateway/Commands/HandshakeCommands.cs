using Migration.DocumentDbGateway.Wire;
using MongoDB.Bson;

namespace Migration.DocumentDbGateway.Commands;

/// <summary>What a driver asks before its first real command. The engine has no part in it.</summary>
internal static class HandshakeCommands
{
    /// <summary>The wire version of MongoDB 7.0, which is what the engine's commands look like.</summary>
    private const int MaxWireVersion = 21;

    private const int MaxDocumentSize = 16 * 1024 * 1024;

    /// <summary>The engine's own <c>documentdb.maxWriteBatchSize</c>.</summary>
    private const int MaxWriteBatch = 25_000;

    public static void Register(IDictionary<string, CommandHandler> handlers)
    {
        foreach (var name in (string[])["hello", "isMaster", "ismaster"])
            handlers[name] = Hello;
        foreach (var name in (string[])["buildInfo", "buildinfo"])
            handlers[name] = BuildInfo;
        foreach (var name in (string[])["ping", "endSessions"])
            handlers[name] = Ok;
    }

    // A standalone server without 'logicalSessionTimeoutMinutes': so a driver sends no sessions, transactions,
    // change streams or retryable writes. Without 'topologyVersion' it polls instead of waiting for news.
    private static Task<Reply> Hello(CommandRequest request, CancellationToken cancellationToken) => Task.FromResult(
        Reply.Of(new BsonDocument
        {
            { request.Name == "hello" ? "isWritablePrimary" : "ismaster", true },
            { "helloOk", true },
            { "maxBsonObjectSize", MaxDocumentSize },
            { "maxMessageSizeBytes", WireMessage.MaxSize },
            { "maxWriteBatchSize", MaxWriteBatch },
            { "localTime", DateTime.UtcNow },
            { "connectionId", request.Client },
            { "minWireVersion", 0 },
            { "maxWireVersion", MaxWireVersion },
            { "readOnly", false },
            { "ok", 1.0 },
        }));

    private static Task<Reply> BuildInfo(CommandRequest request, CancellationToken cancellationToken) => Task.FromResult(
        Reply.Of(new BsonDocument
        {
            { "version", "7.0.0" },
            { "versionArray", new BsonArray { 7, 0, 0, 0 } },
            { "bits", 64 },
            { "maxBsonObjectSize", MaxDocumentSize },
            { "ok", 1.0 },
        }));

    private static Task<Reply> Ok(CommandRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(Reply.Of(new BsonDocument("ok", 1.0)));
}
