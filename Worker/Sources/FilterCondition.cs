using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using MongoDB.Bson;

namespace Migration.Worker.Sources;

/// <summary>What a whole document is asked.</summary>
internal abstract class FilterCondition
{
    public abstract bool Matches(ReadOnlySpan<byte> document);
}

internal sealed class AllOf(IReadOnlyList<FilterCondition> conditions) : FilterCondition
{
    public override bool Matches(ReadOnlySpan<byte> document)
    {
        foreach (var condition in conditions)
        {
            if (!condition.Matches(document))
                return false;
        }

        return true;
    }
}

internal sealed class AnyOf(IReadOnlyList<FilterCondition> conditions) : FilterCondition
{
    public override bool Matches(ReadOnlySpan<byte> document)
    {
        foreach (var condition in conditions)
        {
            if (condition.Matches(document))
                return true;
        }

        return false;
    }
}

internal sealed class Not(FilterCondition condition) : FilterCondition
{
    public override bool Matches(ReadOnlySpan<byte> document) => !condition.Matches(document);
}

/// <summary>True when any value that the path leads to passes the test; see <see cref="FieldPath"/>.</summary>
internal sealed class AnyValue(FieldPath path, ValueTest test) : FilterCondition
{
    public override bool Matches(ReadOnlySpan<byte> document) => path.Any(document, test);
}

/// <summary>What one value is asked.</summary>
internal abstract class ValueTest
{
    /// <summary>True when an array is asked through its elements as well as itself; false when only itself.</summary>
    public virtual bool SeesElements => true;

    /// <param name="value">Missing when the path leads nowhere.</param>
    public abstract bool Passes(RawElement value);
}

internal enum Comparison
{
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>Comparison within the operand's type bracket; null stands for a missing field too.</summary>
internal sealed class CompareTest(Comparison comparison, BsonValue operand) : ValueTest
{
    private readonly byte[] _operand = new BsonDocument("", operand).ToBson();

    private bool IncludesEqual => comparison is Comparison.Equal or Comparison.LessOrEqual or Comparison.GreaterOrEqual;

    public override bool Passes(RawElement value)
    {
        var operand = RawBson.Find(_operand, ""u8);
        if (BsonKeyOrder.TypeClass(value) != BsonKeyOrder.TypeClass(operand))
            return PassesOtherType(value, operand);
        if (BsonNumber.IsNumber(operand.Type) && (IsNaN(value) || IsNaN(operand)))
            return IncludesEqual && IsNaN(value) && IsNaN(operand);
        var order = BsonKeyOrder.Compare(value, operand);
        return comparison switch
        {
            Comparison.Equal => order == 0,
            Comparison.Less => order < 0,
            Comparison.LessOrEqual => order <= 0,
            Comparison.Greater => order > 0,
            _ => order >= 0,
        };
    }

    private static bool IsNaN(RawElement value) => BsonNumber.Read(value.Type, value.Value).IsNaN;

    private bool PassesOtherType(RawElement value, RawElement operand)
    {
        if (BsonKeyOrder.TypeClass(value) + BsonKeyOrder.TypeClass(operand) == 5)
            return IncludesEqual; // null on one side, nothing or undefined on the other
        return operand.Type switch
        {
            BsonType.MinKey => comparison is Comparison.Greater or Comparison.GreaterOrEqual,
            BsonType.MaxKey => comparison is Comparison.Less or Comparison.LessOrEqual,
            _ => false,
        };
    }
}

internal sealed class AnyTest(IReadOnlyList<ValueTest> tests) : ValueTest
{
    public override bool Passes(RawElement value)
    {
        foreach (var test in tests)
        {
            if (test.Passes(value))
                return true;
        }

        return false;
    }
}

internal sealed class ExistsTest : ValueTest
{
    public override bool SeesElements => false;

    public override bool Passes(RawElement value) => !value.IsMissing;
}

internal sealed class TypeTest(IReadOnlySet<BsonType> types) : ValueTest
{
    public override bool Passes(RawElement value) => !value.IsMissing && types.Contains(value.Type);
}

internal sealed class RegexTest(Regex regex) : ValueTest
{
    public override bool Passes(RawElement value)
    {
        if (value.IsMissing || value.Type is not (BsonType.String or BsonType.Symbol))
            return false;
        try
        {
            return regex.IsMatch(Encoding.UTF8.GetString(value.Value[4..^1]));
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new FormatException($"the filter's $regex took longer than {e.MatchTimeout.TotalSeconds} s on this document", e);
        }
    }
}

internal sealed class SizeTest(long size) : ValueTest
{
    public override bool SeesElements => false;

    public override bool Passes(RawElement value)
    {
        if (value.IsMissing || value.Type != BsonType.Array)
            return false;
        var count = 0L;
        foreach (var _ in new RawBson(value.Value))
            count++;
        return count == size;
    }
}

/// <summary>An array with one element that is a document and passes the query.</summary>
internal sealed class ElementTest(FilterCondition query) : ValueTest
{
    public override bool SeesElements => false;

    public override bool Passes(RawElement value)
    {
        if (value.IsMissing || value.Type != BsonType.Array)
            return false;
        foreach (var element in new RawBson(value.Value))
        {
            if (element.Type is BsonType.Document or BsonType.Array && query.Matches(element.Value))
                return true;
        }

        return false;
    }
}

/// <summary>An array with one element that passes all the operators; the operators are asked about a document with that element as its only, nameless field.</summary>
internal sealed class ElementValueTest(FilterCondition operators) : ValueTest
{
    public override bool SeesElements => false;

    public override bool Passes(RawElement value)
    {
        if (value.IsMissing || value.Type != BsonType.Array)
            return false;
        foreach (var element in new RawBson(value.Value))
        {
            if (operators.Matches(Wrap(element)))
                return true;
        }

        return false;
    }

    private static byte[] Wrap(RawElement element)
    {
        var document = new byte[element.Value.Length + 7];
        BinaryPrimitives.WriteInt32LittleEndian(document, document.Length);
        document[4] = (byte)element.Type;
        element.Value.CopyTo(document.AsSpan(6));
        return document;
    }
}
