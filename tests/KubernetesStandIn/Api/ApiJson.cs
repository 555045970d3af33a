using System.Text;
using System.Text.Json.Nodes;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Api;

/// <summary>Puts answers together from objects that are serialised already.</summary>
internal static class ApiJson
{
    /// <summary>With <c>kind</c> and <c>apiVersion</c>, which single objects and those of watches carry.</summary>
    public static byte[] Whole(StoredObject stored) =>
        [.. Encoding.UTF8.GetBytes($"{{\"kind\":\"{stored.Type.Kind}\",\"apiVersion\":\"{stored.Type.ApiVersion}\","), .. stored.Json.AsSpan(1)];

    public static byte[] List(ResourceType type, IReadOnlyList<StoredObject> items, JsonObject meta)
    {
        using var stream = new MemoryStream();
        stream.Write(Encoding.UTF8.GetBytes(
            $"{{\"kind\":\"{type.Kind}List\",\"apiVersion\":\"{type.ApiVersion}\",\"metadata\":{meta.ToJsonString(JsonPaths.Lenient)},\"items\":["));
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                stream.WriteByte((byte)',');
            stream.Write(items[i].Json);
        }

        stream.Write("]}"u8);
        return stream.ToArray();
    }

    public static byte[] WatchLine(string type, byte[] thing) =>
        [.. Encoding.UTF8.GetBytes($"{{\"type\":\"{type}\",\"object\":"), .. thing, .. "}\n"u8];

    public static byte[] Bookmark(ResourceType type, long revision, bool endsInitial)
    {
        var mark = endsInitial ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
        return WatchLine("BOOKMARK", Encoding.UTF8.GetBytes(
            $"{{\"kind\":\"{type.Kind}\",\"apiVersion\":\"{type.ApiVersion}\",\"metadata\":{{\"resourceVersion\":\"{revision}\"{mark}}},{type.Emptiness}}}"));
    }
}
