using Migration.DocumentDbGateway.Wire;
using MongoDB.Bson;

namespace Migration.DocumentDbGateway.Engine;

/// <summary>A page of a cursor, as the engine hands it out.</summary>
/// <param name="Reply">The whole reply for the client.</param>
/// <param name="Continuation">What the engine wants back for the next page; null after the last one.</param>
/// <param name="CursorId">The cursor's number on a first page, else 0.</param>
internal sealed record EnginePage(Reply Reply, byte[]? Continuation, long CursorId)
{
    /// <summary>
    /// Whether the cursor lives on as a portal of the connection that opened it. Inside a transaction the engine's
    /// column <c>persistConnection</c> is always false, since the transaction is taken to hold the connection
    /// anyway; the continuation still tells, by its field <c>qp</c>.
    /// </summary>
    public bool IsPortal
    {
        get
        {
            using var continuation = new RawBsonDocument(Continuation);
            return continuation.GetValue("qp", false).ToBoolean();
        }
    }
}
