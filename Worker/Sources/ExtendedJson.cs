using System.Text;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>MongoDB extended JSON (canonical, relaxed and version 1) to BSON.</summary>
internal static class ExtendedJson
{
    /// <exception cref="FormatException">Not one JSON document, or nested deeper than <see cref="RawBson.MaxDepth"/> levels.</exception>
    public static byte[] ToBson(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("\uFEFF"u8))
            line = line[3..];

        // The driver's parser recurses, and a process does not survive the end of its stack.
        if (IsDeeperThan(RawBson.MaxDepth, line))
            throw new FormatException($"nested deeper than {RawBson.MaxDepth} levels");
        try
        {
            return BsonDocument.Parse(Encoding.UTF8.GetString(line)).ToBson();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or OverflowException or BsonException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    private static bool IsDeeperThan(int most, ReadOnlySpan<byte> line)
    {
        var (depth, isText) = (0, false);
        for (var i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case (byte)'\\' when isText:
                    i++;
                    break;
                case (byte)'"':
                    isText = !isText;
                    break;
                case (byte)'{' or (byte)'[' when !isText:
                    depth++;
                    break;
                case (byte)'}' or (byte)']' when !isText:
                    depth--;
                    break;
            }

            if (depth > most)
                return true;
        }

        return false;
    }
}
