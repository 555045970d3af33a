using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Migration.Worker.Mapping;

/// <summary>
/// A field that columns want, or that leads to one, in the tree that the columns' paths make together. Immutable once
/// built, so that slices share it.
/// </summary>
internal sealed class FieldNode
{
    private readonly byte[] _name;
    private readonly int _index;
    private FieldNode[] _children = [];
    private int[] _buckets = [];

    private FieldNode(string name, string path, int slot)
    {
        _name = Encoding.UTF8.GetBytes(name);
        _index = IndexOf(name);
        Path = path;
        Slot = slot;
    }

    /// <summary>The tree of a mapping's paths.</summary>
    public static FieldNode Root() => new("", "", -1);

    /// <summary>A node beside the tree, for an element of an array that is taken as it is.</summary>
    public static FieldNode Element(ref int slots) => new("", ".", slots++);

    /// <summary>True when the way to this field leads through <paramref name="other"/>.</summary>
    public bool IsBelow(FieldNode other) => Path.StartsWith($"{other.Path}.", StringComparison.Ordinal);

    /// <summary>The path from the document to here, joined by dots.</summary>
    public string Path { get; }

    /// <summary>The node's place among all nodes of the tree.</summary>
    public int Slot { get; }

    /// <summary>True when a column takes the field's value as it is.</summary>
    public bool HasColumn { get; set; }

    public bool HasChildren => _children.Length > 0;

    /// <summary>The child of this name, made when it is not there; <paramref name="slots"/> counts nodes.</summary>
    public FieldNode Child(string name, ref int slots)
    {
        var child = Array.Find(_children, c => Encoding.UTF8.GetString(c._name) == name);
        if (child is not null) return child;
        child = new FieldNode(name, Path.Length == 0 ? name : $"{Path}.{name}", slots++);
        _children = [.. _children, child];
        BuildBuckets();
        return child;
    }

    /// <summary>
    /// The child for a field of a document, or null. <paramref name="hint"/> is where documents of one shape have it:
    /// after the child that was found last.
    /// </summary>
    public FieldNode? Find(ReadOnlySpan<byte> name, ref int hint)
    {
        if (hint < _children.Length && name.SequenceEqual(_children[hint]._name)) return _children[hint++];
        if (_buckets.Length == 0) return null;
        for (var at = Bucket(name); _buckets[at] != 0; at = (at + 1) & (_buckets.Length - 1))
        {
            var child = _children[_buckets[at] - 1];
            if (!name.SequenceEqual(child._name)) continue;
            hint = _buckets[at];
            return child;
        }

        return null;
    }

    /// <summary>The child for an element of an array, or null.</summary>
    public FieldNode? Find(int index)
    {
        foreach (var child in _children)
        {
            if (child._index == index) return child;
        }

        return null;
    }

    /// <summary>True when every child is an array index, so that an array may stand here.</summary>
    public bool WantsOnlyIndexes => Array.TrueForAll(_children, c => c._index >= 0);

    /// <summary>True when a column takes the child of this name whole, not only parts of it.</summary>
    public bool TakesWhole(ReadOnlySpan<byte> name)
    {
        var hint = 0;
        return Find(name, ref hint) is { HasColumn: true };
    }

    private static int IndexOf(string name)
    {
        var isIndex = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && index.ToString(CultureInfo.InvariantCulture) == name;
        return isIndex ? index : -1;
    }

    private void BuildBuckets()
    {
        _buckets = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)_children.Length * 4)];
        for (var i = 0; i < _children.Length; i++)
        {
            var at = Bucket(_children[i]._name);
            while (_buckets[at] != 0) at = (at + 1) & (_buckets.Length - 1);
            _buckets[at] = i + 1;
        }
    }

    /// <summary>Names of one document differ mostly in length, first and last letter; the compare settles the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Bucket(ReadOnlySpan<byte> name) => name.Length == 0
        ? 0
        : (name.Length + name[0] * 31 + name[^1] * 131 + name[name.Length / 2] * 7) & (_buckets.Length - 1);
}
