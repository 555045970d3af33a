using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Mapping.Transforms;

namespace Migration.Worker.Mapping;

/// <summary>What a column makes of its value: a constant, or transforms and a default. Immutable, so that slices share it.</summary>
/// <param name="parts">The fields of a concat, in its order; empty without one.</param>
internal sealed class ComputedValue(ColumnMapping column, IReadOnlyList<FieldNode> parts)
{
    private readonly ColumnValue? _constant = LiteralValue.Of(column.Constant, column.Type);
    private readonly ColumnValue? _default = LiteralValue.Of(column.Default, column.Type);
    private readonly IReadOnlyList<ConcatPart> _concat = column.Transforms is [{ Parts: { } joined }, ..] ? joined : [];
    private readonly ValueTransform[] _transforms =
        [.. column.Transforms.Where(t => t.Kind != TransformKind.Concat).Select(ValueTransform.For)];

    public IReadOnlyList<FieldNode> Parts { get; } = parts;

    /// <summary>A concat's texts, given those of its fields.</summary>
    public string Join(IReadOnlyList<string> fields)
    {
        var next = 0;
        return string.Concat(_concat.Select(part => part.Text ?? fields[next++]));
    }

    /// <summary>What is to be written, which may be null.</summary>
    public Refusal? Apply(ColumnValue source, out ColumnValue value)
    {
        value = _constant ?? source;
        foreach (var transform in _transforms)
        {
            if (value.IsNull) break;
            if (transform.Apply(value, out value) is { } refusal) return refusal;
        }

        // What a transform made is a text of the column's type; what the document has keeps its own type.
        if ((_transforms.Length > 0 || Parts.Count > 0) && !value.IsNull) value = LiteralValue.Typed(value, column.Type);
        if (value.IsNull && _default is { } instead) value = instead;
        return null;
    }
}
