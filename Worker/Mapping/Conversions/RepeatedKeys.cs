using System.Text;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>Finds a field name that a document has twice, in time n log n however hostile the document is.</summary>
internal static class RepeatedKeys
{
    private const int Few = 16;

    /// <summary>The repeated name, or null. The document must have been walked without a fault.</summary>
    public static string? Find(ReadOnlySpan<byte> document)
    {
        Span<Range> names = stackalloc Range[Few];
        var count = 0;
        var reader = new BsonSpanReader(document);
        while (reader.Read())
        {
            if (count == Few) return FindAmongMany(document);
            foreach (var name in names[..count])
            {
                if (document[name].SequenceEqual(reader.Name)) return Encoding.UTF8.GetString(reader.Name);
            }

            var start = reader.ValueOffset - 1 - reader.Name.Length;
            names[count++] = start..(reader.ValueOffset - 1);
        }

        return null;
    }

    private static string? FindAmongMany(ReadOnlySpan<byte> document)
    {
        var names = new List<(int Hash, Range Name)>();
        var reader = new BsonSpanReader(document);
        while (reader.Read())
        {
            var hash = new HashCode(); // seeded anew in every process: nobody can prepare collisions
            hash.AddBytes(reader.Name);
            names.Add((hash.ToHashCode(), (reader.ValueOffset - 1 - reader.Name.Length)..(reader.ValueOffset - 1)));
        }

        names.Sort(static (a, b) => a.Hash.CompareTo(b.Hash));
        for (var i = 1; i < names.Count; i++)
        {
            for (var j = i - 1; j >= 0 && names[j].Hash == names[i].Hash; j--)
            {
                var name = document[names[i].Name];
                if (document[names[j].Name].SequenceEqual(name)) return Encoding.UTF8.GetString(name);
            }
        }

        return null;
    }
}
