using Migration.DocumentDbGateway.Engine;
using Migration.DocumentDbGateway.Wire;
using MongoDB.Bson;

namespace Migration.DocumentDbGateway.Commands;

/// <summary>A command and who sent it. The bytes live as long as the message that they came in.</summary>
internal sealed record CommandRequest(int Client, WireMessage Message, RawBsonDocument Command)
{
    public string Name { get; } = Command.GetElement(0).Name;

    public ArraySegment<byte> Body => Message.Body;

    /// <summary>The documents of a write that came beside the command, as one value for the engine.</summary>
    public object Sequence => Message.Sequence is { } sequence ? sequence : DBNull.Value;

    public string Database => Message.LegacyCollection is { } legacy
        ? legacy[..legacy.IndexOf('.')]
        : Text("$db");

    /// <summary>The command's own value: the collection, for those that have one.</summary>
    public string Collection => Text(Name);

    public bool Has(string field) => Command.Contains(field);

    private string Text(string field) => Command.TryGetValue(field, out var value) && value.IsString
        ? value.AsString
        : throw CommandException.BadValue($"'{Name}' needs a string in '{field}'.");
}
