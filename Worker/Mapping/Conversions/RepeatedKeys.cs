using System.Text;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>
/// Finds a field name that a document has twice, in time n log n however hostile the document is. The first names are
/// remembered while the document is walked for another end; only one of many fields is walked again.
/// </summary>
/// <param name="places">Room for <see cref="Few"/>.</param>
internal ref struct RepeatedKeys(Span<Range> places)
{
    public const int Few = 16;

    private readonly Span<Range> _places = places;
    private int _count;

    /// <summary>Remembers the current field's name.</summary>
    public void Add(in BsonSpanReader reader)
    {
        if (_count < _places.Length) _places[_count] = PlaceOfName(reader);
        _count++;
    }

    /// <summary>The repeated name, or null. The document must have been walked without a fault.</summary>
    public readonly string? Find(ReadOnlySpan<byte> document)
    {
        var few = _places[..Math.Min(_count, _places.Length)];
        for (var i = 1; i < few.Length; i++)
        {
            var name = document[few[i]];
            foreach (var earlier in few[..i])
            {
                if (document[earlier].SequenceEqual(name)) return Encoding.UTF8.GetString(name);
            }
        }

        return _count > few.Length ? FindAmongMany(document) : null;
    }

    private static Range PlaceOfName(in BsonSpanReader reader) =>
        (reader.ValueOffset - 1 - reader.Name.Length)..(reader.ValueOffset - 1);

    private static string? FindAmongMany(ReadOnlySpan<byte> document)
    {
        var names = new List<(int Hash, Range Name)>();
        var reader = new BsonSpanReader(document);
        while (reader.Read())
        {
            var hash = new HashCode(); // seeded anew in every process: nobody can prepare collisions
            hash.AddBytes(reader.Name);
            names.Add((hash.ToHashCode(), PlaceOfName(reader)));
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
