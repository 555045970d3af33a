using System.Text;
using Migration.DocumentDbGateway.Engine;
using Migration.DocumentDbGateway.Wire;
using MongoDB.Bson;

namespace Migration.DocumentDbGateway.Commands;

/// <summary>
/// A login by the mechanism PLAIN, in which the client sends the password as it is: for tests of what a program does with one.
/// Nothing is kept from who does not log in.
/// </summary>
internal static class LoginCommands
{
    /// <summary>Of every user.</summary>
    private const string Password = "tellnobody!";

    private const int AuthenticationFailed = 18;

    public static void Register(IDictionary<string, CommandHandler> handlers) => handlers["saslStart"] = Start;

    private static Task<Reply> Start(CommandRequest request, CancellationToken cancellationToken)
    {
        // Identity to act as, user and password, each after a zero.
        var isRight = request.Command["mechanism"] == "PLAIN"
            && Encoding.UTF8.GetString(request.Command["payload"].AsByteArray).Split('\0') is [_, { Length: > 0 }, Password];
        return isRight
            ? Task.FromResult(Reply.Of(new BsonDocument { { "conversationId", 1 }, { "done", true }, { "payload", Array.Empty<byte>() }, { "ok", 1.0 } }))
            : throw new CommandException(AuthenticationFailed, "AuthenticationFailed", "Authentication failed.");
    }
}
