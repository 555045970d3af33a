using Migration.Worker.Targets;
using MongoDB.Bson;
using static Migration.Worker.Mapping.MappingRejections;

namespace Migration.Worker.Mapping;

/// <content>The way by values, for columns that are more than a field's bytes: constants, defaults, transforms, and what stands for a value that does not fit.</content>
internal sealed partial class RecordMapper
{
    /// <summary>The way by values: field, transforms, default, and then the same conversion as every column's.</summary>
    private static RecordRejection? WriteComputed(
        ColumnStep step, ReadOnlySpan<byte> document, ReadOnlySpan<FieldSlot> slots, RowBuffer rows)
    {
        var computed = step.Computed!;
        var source = computed.Parts.Count > 0
            ? Concatenated(step, document, slots, out var rejection)
            : ValueOf(step.Field, document, slots, out rejection);
        if (rejection is not null) return rejection;
        if (computed.Apply(source, out var value) is { } broken) return Refused(step, broken, source, source);
        if (value.IsNull)
        {
            if (step.Column.NotNull) return Missing(step, source.IsNull ? (step.Field is null ? null : slots[step.Field.Slot].Found) : BsonType.Null);
            rows.AppendNull();
            return null;
        }

        var start = rows.Position;
        if (step.Conversion.Write(value.Type, value.Bytes, rows) is { } refusal && !WriteInstead(step, value.Type, value.Bytes, start, rows))
            return Refused(step, refusal, source, value);
        return rows.UnfinishedBytes <= MaxRowBytes ? null : TooLarge(step, rows.UnfinishedBytes);
    }

    /// <summary>True when the column's <c>onUnfit</c> found something to write in the value's place.</summary>
    private static bool WriteInstead(ColumnStep step, BsonType type, ReadOnlySpan<byte> value, int start, RowBuffer rows)
    {
        if (step.Unfit?.Instead(new ColumnValue(type, value.ToArray())) is not { } instead) return false;
        rows.Shrink(start);
        if (instead.IsNull) rows.AppendNull();
        else if (step.Conversion.Write(instead.Type, instead.Bytes, rows) is not null) return false;
        step.Unfit.Count();
        return true;
    }

    private static ColumnValue ValueOf(
        FieldNode? field, ReadOnlySpan<byte> document, ReadOnlySpan<FieldSlot> slots, out RecordRejection? rejection)
    {
        rejection = null;
        if (field is null || slots[field.Slot].Length == 0) return ColumnValue.Null;
        var slot = slots[field.Slot];
        return new ColumnValue(slot.Type, document.Slice(slot.Offset, slot.Length - 1).ToArray());
    }

    /// <summary>Null when a part is, as with SQL's ||.</summary>
    private static ColumnValue Concatenated(
        ColumnStep step, ReadOnlySpan<byte> document, ReadOnlySpan<FieldSlot> slots, out RecordRejection? rejection)
    {
        rejection = null;
        var texts = new List<string>();
        foreach (var part in step.Computed!.Parts)
        {
            var value = ValueOf(part, document, slots, out _);
            if (value.IsNull) return ColumnValue.Null;
            if (value.ReadText(out var text) is { } refusal)
            {
                rejection = Reject(step, refusal.SqlState, $"field '{part.Path}' is {value}; concat {refusal.Reason}. {step.Advise(refusal.Advice)}");
                return ColumnValue.Null;
            }

            texts.Add(text);
        }

        return ColumnValue.OfText(step.Computed.Join(texts));
    }
}
