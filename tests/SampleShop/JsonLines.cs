using System.Collections;
using System.Text;
using MongoDB.Bson.IO;

namespace Migration.SampleShop;

/// <summary>A collection's canonical extended JSON, one document a line, a batch of lines at a time.</summary>
internal sealed class JsonLines(ShopCollection collection) : IEnumerable<ReadOnlyMemory<byte>>
{
    private const int Full = 1 << 19;

    private static readonly JsonWriterSettings Canonical = new() { OutputMode = JsonOutputMode.CanonicalExtendedJson };

    public IEnumerator<ReadOnlyMemory<byte>> GetEnumerator()
    {
        using var text = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        for (var index = 0L; index < collection.Count; index++)
        {
            Append(text, index);
            if (text.GetStringBuilder().Length < Full && index < collection.Count - 1)
                continue;
            yield return Encoding.UTF8.GetBytes(text.ToString());
            text.GetStringBuilder().Clear();
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Append(StringWriter text, long index)
    {
        using (var writer = new JsonWriter(text, Canonical))
            collection.Write(writer, index);
        text.Write('\n');
    }
}
