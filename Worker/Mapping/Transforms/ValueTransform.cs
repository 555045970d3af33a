using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Transforms;

/// <summary>One transform. An array is transformed element by element; its nulls stay.</summary>
/// <param name="name">As the migration file has it, for messages.</param>
internal abstract class ValueTransform(string name)
{
    public static ValueTransform For(ColumnTransform transform) => transform.Kind switch
    {
        TransformKind.Trim => new TextTransform("trim", text => text.Trim()),
        TransformKind.Lower => new TextTransform("lower", text => text.ToLowerInvariant()),
        TransformKind.Upper => new TextTransform("upper", text => text.ToUpperInvariant()),
        TransformKind.Truncate => new TextTransform("truncate", text => TextTransform.Truncate(text, transform.Length!.Value)),
        TransformKind.Hash => new HashTransform(),
        TransformKind.Slug => new SlugTransform(),
        TransformKind.Map => new MapTransform(transform),
        TransformKind.Split => new SplitTransform(transform.Separator!),
        TransformKind.Regex => new RegexTransform(TransformRegex.Compile(transform.Pattern!), transform.Replacement!),
        TransformKind.EpochMillis => new EpochTransform("epochMillis", 1),
        TransformKind.EpochSeconds => new EpochTransform("epochSeconds", 1000),
        TransformKind.ObjectIdTime => new ObjectIdTimeTransform(),
        _ => throw new ArgumentOutOfRangeException(nameof(transform), transform.Kind, null),
    };

    /// <summary>Never called with null.</summary>
    public Refusal? Apply(ColumnValue value, out ColumnValue result)
    {
        var refusal = value.Type == BsonType.Array ? ApplyToElements(value, out result) : ApplyToOne(value, out result);
        return refusal is null ? null : refusal with { Transform = name, Advice = Advice.ChangeTransform };
    }

    protected abstract Refusal? ApplyToOne(ColumnValue value, out ColumnValue result);

    private Refusal? ApplyToElements(ColumnValue array, out ColumnValue result)
    {
        result = array;
        var elements = array.Elements(out var fault);
        if (fault != BsonFault.None) return Refusal.Unreadable(fault);
        for (var i = 0; i < elements.Count; i++)
        {
            if (elements[i].IsNull) continue;
            if (ApplyToOne(elements[i], out var element) is { } refusal)
                return refusal with { Within = $".{i}", Found = elements[i].ToString() };
            elements[i] = element;
        }

        result = ColumnValue.OfArray(elements);
        return null;
    }
}
