using System.Runtime.InteropServices;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping;

/// <summary>
/// Makes rows of documents, without loss or not at all. Compiled once from a collection's mapping; immutable, so that
/// slices share it.
/// </summary>
/// <remarks>
/// <para>A document is walked once. The columns' paths form a tree of fields (<see cref="FieldNode"/>); while walking,
/// each field that the tree knows leaves its type and place in a slot on the stack. Then the columns are written in
/// their order, each by its <see cref="ColumnConversion"/>, from the document's bytes into the row's. Nothing is
/// allocated for a record that maps; exceptions play no part in one that does not.</para>
/// <para>Lossless or loud also holds for shapes: a path that must go through a value that is no document (or no array,
/// for an index) is refused unless that value is null or missing, and so is a mapped field that appears twice. With
/// <see cref="UnmappedAction.Keep"/>, a subdocument of which columns take only parts is kept whole besides.</para>
/// </remarks>
internal sealed class RecordMapper
{
    /// <summary>A row beyond this is refused: PostgreSQL holds a field to 1 GiB, and a row of COPY likewise.</summary>
    private const int MaxRowBytes = 512 * 1024 * 1024;

    private const int MaxNamesInMessage = 5;

    private readonly FieldNode _root = FieldNode.Root();
    private readonly int _slots;
    private readonly ColumnStep[] _steps;
    private readonly ColumnStep? _kept;
    private readonly UnmappedAction _unmapped;

    public RecordMapper(CollectionMapping mapping)
    {
        _unmapped = mapping.Unmapped.Action;
        var columns = mapping.Columns.ToDictionary(c => c.Name);
        var kept = _unmapped == UnmappedAction.Keep ? mapping.Unmapped.Column : null;
        var slots = 0;
        _steps = [.. TargetColumn.Of(mapping).Select(column => new ColumnStep(
            column,
            columns[column.Name].Path.Count == 0 ? null : FieldOf(columns[column.Name].Path, ref slots, takesWhole: true),
            mapping.PrimaryKey.Contains(column.Name),
            column.Name == kept ? null : ComputedOf(columns[column.Name], ref slots))
        {
            References = columns[column.Name].References,
        })];
        _kept = Array.Find(_steps, step => step.Column.Name == kept);
        _slots = slots;
    }

    /// <summary>Appends one row, or returns why not and leaves the buffer as it was.</summary>
    public RecordRejection? Map(ReadOnlySpan<byte> document, RowBuffer rows)
    {
        Span<FieldSlot> slots = stackalloc FieldSlot[_slots];
        slots.Clear();
        if (FindFields(_root, document, 0, slots) is { } rejection) return rejection;
        var count = rows.Count;
        rows.AppendInt16((short)_steps.Length);
        foreach (var step in _steps)
        {
            var rejected = WriteColumn(step, document, slots, rows);
            if (rejected is null) continue;
            rows.TruncateTo(count);
            return rejected;
        }

        rows.EndRow();
        return null;
    }

    private FieldNode FieldOf(IReadOnlyList<string> path, ref int slots, bool takesWhole)
    {
        var node = _root;
        foreach (var name in path) node = node.Child(name, ref slots);
        node.HasColumn |= takesWhole;
        return node;
    }

    // A concat does not take its fields whole: they cannot be told apart in what it makes, so an unmapped column keeps them.
    private ComputedValue? ComputedOf(ColumnMapping column, ref int slots)
    {
        if (column is { Constant: null, Default: null, Transforms.Count: 0 }) return null;
        var parts = new List<FieldNode>();
        foreach (var part in column.Transforms.SelectMany(t => t.Parts ?? []).Where(p => p.Path is not null))
            parts.Add(FieldOf(part.Path!, ref slots, takesWhole: false));
        return new ComputedValue(column, parts);
    }

    /// <summary>Fills the slots below <paramref name="parent"/>; places are counted from the whole document's start.</summary>
    private RecordRejection? FindFields(
        FieldNode parent, ReadOnlySpan<byte> container, int offset, Span<FieldSlot> slots, bool isArray = false)
    {
        var reader = new BsonSpanReader(container);
        var hint = 0;
        List<string>? unmapped = null;
        for (var index = 0; reader.Read(); index++)
        {
            var field = isArray ? parent.Find(index) : parent.Find(reader.Name, ref hint);
            if (field is null)
            {
                if (_unmapped == UnmappedAction.Fail && parent == _root) Remember(ref unmapped, reader.Name);
                continue;
            }

            ref var slot = ref slots[field.Slot];
            if (slot.Length != 0) return Twice(field);
            slot = new FieldSlot(reader.Type, offset + reader.ValueOffset, reader.Value.Length + 1);
            if (field.HasChildren && Descend(field, ref reader, offset, slots) is { } rejection) return rejection;
        }

        if (reader.Fault != BsonFault.None) return Unreadable(reader.Fault);
        return unmapped is null ? null : Unmapped(unmapped);
    }

    private RecordRejection? Descend(FieldNode field, ref BsonSpanReader reader, int offset, Span<FieldSlot> slots)
    {
        if (reader.Type is BsonType.Null or BsonType.Undefined) return null;
        var isArray = reader.Type == BsonType.Array;
        if (isArray ? field.WantsOnlyIndexes : reader.Type == BsonType.Document)
        {
            return FindFields(field, reader.Value, offset + reader.ValueOffset, slots, isArray);
        }

        return LeadsNowhere(field, reader.Type, reader.Value);
    }

    private RecordRejection? WriteColumn(
        ColumnStep step, ReadOnlySpan<byte> document, ReadOnlySpan<FieldSlot> slots, RowBuffer rows)
    {
        if (step.Computed is not null) return WriteComputed(step, document, slots, rows);
        if (step.Field is null) return step == _kept ? WriteKept(step, document, rows) : WriteNothingYet(rows);
        var slot = slots[step.Field.Slot];
        if (slot.Length == 0 || slot.Type is BsonType.Null or BsonType.Undefined)
        {
            if (step.Column.NotNull) return Missing(step, slot);
            rows.AppendNull();
            return null;
        }

        var value = document.Slice(slot.Offset, slot.Length - 1);
        if (step.References is { } reference && slot.Type == BsonType.Document) return WriteReferenced(step, reference, value, rows);
        if (step.Conversion.Write(slot.Type, value, rows) is { } refusal) return Refused(step, refusal, slot.Type, value);
        return rows.UnfinishedBytes <= MaxRowBytes ? null : TooLarge(step, rows.UnfinishedBytes);
    }

    private static RecordRejection? WriteReferenced(ColumnStep step, ColumnReference reference, ReadOnlySpan<byte> document, RowBuffer rows)
    {
        if (ReferencedId.Read(reference, document, out var type, out var id) is { } wrong) return Refused(step, wrong, BsonType.Document, document);
        var refusal = step.Conversion.Write(type, id, rows);
        return refusal is null ? null : Refused(step, refusal with { Within = ".$id" + refusal.Within }, type, id);
    }

    /// <summary>Enrichment fills the column, and looks whether it must have a value.</summary>
    private static RecordRejection? WriteNothingYet(RowBuffer rows)
    {
        rows.AppendNull();
        return null;
    }

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
            if (step.Column.NotNull) return Missing(step, source.IsNull ? (step.Field is null ? default : slots[step.Field.Slot]) : new FieldSlot(BsonType.Null, 0, 1));
            rows.AppendNull();
            return null;
        }

        if (step.Conversion.Write(value.Type, value.Bytes, rows) is { } refusal) return Refused(step, refusal, source, value);
        return rows.UnfinishedBytes <= MaxRowBytes ? null : TooLarge(step, rows.UnfinishedBytes);
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

    private RecordRejection? WriteKept(ColumnStep step, ReadOnlySpan<byte> document, RowBuffer rows)
    {
        var refusal = ((JsonConversion)step.Conversion).WriteRest(document, _root, rows);
        return refusal is null
            ? null
            : Reject(step, refusal.SqlState, $"the unmapped fields cannot be kept: {step.TypeName} {refusal.Reason}. {step.Advise(refusal.Advice)}");
    }

    /// <summary>Apart from its caller, where the lambda's closure would be allocated for every record.</summary>
    private RecordRejection LeadsNowhere(FieldNode field, BsonType type, ReadOnlySpan<byte> value)
    {
        var step = Array.Find(_steps, s => s.SourceBelow(field) is not null);
        return new RecordRejection(
            RecordStage.Map, step?.Column.Name, SqlStates.InvalidText,
            $"field '{field.Path}' is {BsonText.Describe(type, value)}; the path '{step?.SourceBelow(field)?.Path}' leads through it and "
            + $"finds nothing. Change the path of column '{step?.Column.Name}' in the migration file.");
    }

    private static void Remember(ref List<string>? names, ReadOnlySpan<byte> name)
    {
        names ??= [];
        // One more than is shown tells that there are more.
        if (names.Count <= MaxNamesInMessage) names.Add(BsonText.Shorten(name));
    }

    private static RecordRejection Unreadable(BsonFault fault) =>
        new(RecordStage.Read, null, null, $"unreadable document: {fault.Describe()}");

    private static RecordRejection Twice(FieldNode field) => new(
        RecordStage.Map, null, null,
        $"the field '{field.Path}' appears twice in the document, so that no one value is its value. Mend the document.");

    private static RecordRejection Unmapped(List<string> names)
    {
        var more = names.Count > MaxNamesInMessage ? ", ..." : "";
        var list = string.Join(", ", names.Take(MaxNamesInMessage).Select(n => $"'{n}'"));
        return new RecordRejection(
            RecordStage.Map, null, null,
            $"no column takes the fields {list}{more}. Map them in the migration file, or let 'unmapped' ignore or keep them.");
    }

    private static RecordRejection Missing(ColumnStep step, FieldSlot slot)
    {
        var found = slot.Length == 0 ? "missing" : BsonText.NameOf(slot.Type);
        var knob = step.IsKey
            ? $"Column '{step.Column.Name}' is in the primary key: choose another key in the migration file, or mend the document."
            : $"Take 'required' from column '{step.Column.Name}' in the migration file to let it be null.";
        return Reject(step, SqlStates.NotNull, $"{step.SourceName} is {found}; column '{step.Column.Name}' must have a value. {knob}");
    }

    private static RecordRejection Refused(ColumnStep step, Refusal refusal, BsonType type, ReadOnlySpan<byte> value)
    {
        var found = refusal.Found ?? BsonText.Describe(type, value);
        return Reject(
            step, refusal.SqlState,
            $"field '{step.Field!.Path}{refusal.Within}' is {found}; {step.TypeName} {refusal.Reason}. {step.Advise(refusal.Advice)}");
    }

    /// <param name="source">The value that the document has.</param>
    /// <param name="value">What the transforms made of it, which the column refused.</param>
    private static RecordRejection Refused(ColumnStep step, Refusal refusal, ColumnValue source, ColumnValue value)
    {
        var found = value == source ? $"{refusal.Found ?? source.ToString()}" : $"{source}, and after its transforms {refusal.Found ?? value.ToString()}";
        var subject = refusal.Transform is null ? step.TypeName : $"transform {refusal.Transform}";
        var within = refusal.Within.Length == 0 ? "" : $" at '{refusal.Within[1..]}'";
        return Reject(step, refusal.SqlState, $"{step.SourceName}{within} is {found}; {subject} {refusal.Reason}. {step.Advise(refusal.Advice)}");
    }

    private static RecordRejection TooLarge(ColumnStep step, int bytes) => Reject(
        step, SqlStates.LimitExceeded,
        $"the row has {bytes} bytes up to column '{step.Column.Name}', and {MaxRowBytes} is the limit. Map fewer columns from the same field.");

    private static RecordRejection Reject(ColumnStep step, string sqlState, string message) =>
        new(RecordStage.Map, step.Column.Name, sqlState, message);

    /// <summary>Where a field's value stands in the document. Length is one more than the value's, and 0 when it is missing.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct FieldSlot(BsonType Type, int Offset, int Length);
}
