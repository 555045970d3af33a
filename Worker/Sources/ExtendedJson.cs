using System.Text;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>MongoDB extended JSON (canonical, relaxed and version 1) to BSON.</summary>
internal static class ExtendedJson
{
    /// <exception cref="FormatException">Not one JSON document.</exception>
    public static byte[] ToBson(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("\uFEFF"u8))
            line = line[3..];
        try
        {
            return BsonDocument.Parse(Encoding.UTF8.GetString(line)).ToBson();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or OverflowException or BsonException)
        {
            throw new FormatException(e.Message, e);
        }
    }
}
