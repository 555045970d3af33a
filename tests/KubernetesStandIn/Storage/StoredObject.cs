using System.Text.Json;
using System.Text.Json.Nodes;

namespace Migration.KubernetesStandIn.Storage;

/// <summary>One version of one object. Nothing changes <see cref="Value"/> once it is stored: a change is a new version.</summary>
/// <param name="Value">Without <c>kind</c> and <c>apiVersion</c>; lists leave these out of their items.</param>
internal sealed record StoredObject(ResourceType Type, JsonObject Value, long Revision)
{
    private byte[]? _json;

    public string Key => KeyOf(Value.Namespace(), Value.Name());

    /// <summary>Serialised once, however many lists and watches carry it.</summary>
    public byte[] Json => _json ??= JsonSerializer.SerializeToUtf8Bytes(Value, JsonPaths.Lenient);

    // Between namespace and name stands what no name holds and what sorts before every other character.
    public static string KeyOf(string @namespace, string name) => $"{@namespace}\u0001{name}";
}
