using System.Text;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Coordinator.Inference;

/// <summary>
/// What a sample shows of one path: how often it is there, with which types, and which column types refuse its values.
/// The last is asked of the mapping's own conversions, so that a guess can never disagree with the run.
/// </summary>
internal sealed class FieldProfile(string name, int depth)
{
    /// <summary>Below it, subdocuments are only seen as values.</summary>
    public const int MostDepth = 4;

    /// <summary>More different names below one path are no fields but keys, and are not remembered.</summary>
    public const int MostChildren = 2_000;

    private readonly long[] _refused = new long[Candidate.All.Count];
    private readonly SortedDictionary<BsonType, long> _types = [];
    private readonly Dictionary<string, FieldProfile> _children = new(StringComparer.Ordinal);
    private readonly List<FieldProfile> _inOrder = [];

    public string Name { get; } = name;

    /// <summary>How many names the path to it has.</summary>
    public int Depth { get; } = depth;

    /// <summary>Times that it was there, nulls included.</summary>
    public long Present { get; private set; }

    /// <summary>Times that it was null or undefined.</summary>
    public long Nulls { get; private set; }

    public long Values => Present - Nulls;

    /// <summary>Of the values; null is none.</summary>
    public IReadOnlyDictionary<BsonType, long> Types => _types;

    public SortedSet<byte> BinarySubtypes { get; } = [];

    /// <summary>Fields of the subdocuments seen here, in the order in which they were first seen.</summary>
    public IReadOnlyList<FieldProfile> Children => _inOrder;

    /// <summary>True when the children are not all there are.</summary>
    public bool HasMoreChildren { get; private set; }

    /// <summary>The elements of the arrays seen here; null where none had any.</summary>
    public FieldProfile? Elements { get; private set; }

    public int LongestArray { get; private set; }

    /// <summary>Values that a column of that type would send to quarantine.</summary>
    public long RefusedBy(Candidate candidate) => _refused[candidate.Place];

    public void Add(BsonType type, ReadOnlySpan<byte> value, RowBuffer scratch)
    {
        Present++;
        if (type is BsonType.Null or BsonType.Undefined)
        {
            Nulls++;
            return;
        }

        _types[type] = _types.GetValueOrDefault(type) + 1;
        foreach (var candidate in Candidate.All)
        {
            if (candidate.Refuses(type, value, scratch))
                _refused[candidate.Place]++;
        }

        AddParts(type, value, scratch);
    }

    /// <summary>The fields of a document that stands here.</summary>
    public void AddFields(ReadOnlySpan<byte> document, RowBuffer scratch)
    {
        var reader = new BsonSpanReader(document);
        while (reader.Read())
            Child(reader.Name)?.Add(reader.Type, reader.Value, scratch);
    }

    private void AddParts(BsonType type, ReadOnlySpan<byte> value, RowBuffer scratch)
    {
        switch (type)
        {
            case BsonType.Binary:
                BinarySubtypes.Add(value[sizeof(int)]);
                break;
            case BsonType.Document when Depth < MostDepth:
                AddFields(value, scratch);
                break;
            case BsonType.Array when Depth < MostDepth:
                AddElements(value, scratch);
                break;
        }
    }

    private void AddElements(ReadOnlySpan<byte> array, RowBuffer scratch)
    {
        var count = 0;
        var reader = new BsonSpanReader(array);
        for (; reader.Read(); count++)
            (Elements ??= new FieldProfile(Name, Depth)).Add(reader.Type, reader.Value, scratch);
        LongestArray = Math.Max(LongestArray, count);
    }

    /// <summary>Null for a name that no path of a migration file can be: it stays where unmapped fields stay.</summary>
    private FieldProfile? Child(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty || !System.Text.Unicode.Utf8.IsValid(utf8))
            return null;
        var field = Encoding.UTF8.GetString(utf8);
        if (_children.TryGetValue(field, out var child))
            return child;
        HasMoreChildren |= _children.Count >= MostChildren;
        if (HasMoreChildren)
            return null;
        child = new FieldProfile(field, Depth + 1);
        _children.Add(field, child);
        _inOrder.Add(child);
        return child;
    }
}
