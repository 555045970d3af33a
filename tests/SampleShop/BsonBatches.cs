using System.Collections;
using MongoDB.Bson.IO;

namespace Migration.SampleShop;

/// <summary>
/// A collection's BSON in stretches of about 1 MiB. Each stretch is overwritten by the next, which keeps memory flat:
/// use it before asking for more.
/// </summary>
internal sealed class BsonBatches(ShopCollection collection) : IEnumerable<ReadOnlyMemory<byte>>
{
    private const int Full = 1 << 20;

    public IEnumerator<ReadOnlyMemory<byte>> GetEnumerator()
    {
        using var buffer = new MemoryStream(Full + (Full >> 4));
        for (var index = 0L; index < collection.Count; index++)
        {
            Append(buffer, index);
            if (buffer.Length < Full && index < collection.Count - 1)
                continue;
            yield return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
            buffer.SetLength(0);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Append(MemoryStream buffer, long index)
    {
        using var writer = new BsonBinaryWriter(buffer);
        collection.Write(writer, index);
    }
}
