using System.Text;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>
/// A dotted path as MongoDB's queries follow it: through documents by name; through arrays by index where the name is
/// a number, and through each of their elements that is a document. An array within an array is entered by index only.
/// </summary>
internal sealed class FieldPath
{
    /// <summary>The one nameless field of a document that stands for an array's element, which is asked as it is, even when it is an array itself.</summary>
    public static readonly FieldPath Element = new("") { _seesElements = false };

    private readonly byte[][] _names;
    private readonly bool[] _areIndexes;
    private bool _seesElements = true;

    public FieldPath(string path)
    {
        var names = path.Split('.');
        _names = [.. names.Select(Encoding.UTF8.GetBytes)];
        _areIndexes = [.. names.Select(name => name.Length > 0 && name.All(char.IsAsciiDigit))];
    }

    /// <summary>True when a value at the path passes; a path that leads nowhere is asked once as a missing value.</summary>
    public bool Any(ReadOnlySpan<byte> document, ValueTest test) => InDocument(document, 0, test);

    private bool InDocument(ReadOnlySpan<byte> document, int step, ValueTest test)
    {
        var field = RawBson.Find(document, _names[step]);
        return step == _names.Length - 1 ? AtEnd(field, test) : Onward(field, step + 1, test);
    }

    private bool Onward(RawElement value, int step, ValueTest test)
    {
        if (!value.IsMissing && value.Type == BsonType.Document)
            return InDocument(value.Value, step, test);
        return !value.IsMissing && value.Type == BsonType.Array ? InArray(value.Value, step, test) : test.Passes(default);
    }

    private bool InArray(ReadOnlySpan<byte> array, int step, ValueTest test)
    {
        foreach (var element in new RawBson(array))
        {
            if (element.Type == BsonType.Document && InDocument(element.Value, step, test))
                return true;
            if (_areIndexes[step] && element.Name.SequenceEqual(_names[step]) && AtIndex(element, step, test))
                return true;
        }

        return false;
    }

    private bool AtIndex(RawElement element, int step, ValueTest test)
    {
        if (step == _names.Length - 1)
            return test.Passes(element); // by its index an array is asked as a whole
        return element.Type is BsonType.Document or BsonType.Array && Onward(element, step + 1, test);
    }

    private bool AtEnd(RawElement value, ValueTest test)
    {
        if (_seesElements && test.SeesElements && !value.IsMissing && value.Type == BsonType.Array)
        {
            foreach (var element in new RawBson(value.Value))
            {
                if (test.Passes(element))
                    return true;
            }
        }

        return test.Passes(value);
    }
}
