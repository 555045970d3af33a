using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Mapping.Unfit;
using Migration.Worker.Targets;
using MongoDB.Bson;
using static Migration.Worker.Mapping.MappingRejections;

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
internal sealed partial class RecordMapper
{
    private readonly FieldNode _root = FieldNode.Root();
    private readonly int _slots;
    private readonly ColumnStep[] _steps;
    private readonly ColumnStep? _kept;
    private readonly bool _wantsFields;
    private readonly UnmappedAction _unmapped;
    private readonly IReadOnlyList<ChildTable> _tables;
    private readonly TableName _table;

    public RecordMapper(CollectionMapping mapping)
        : this(ChildTable.Of(mapping), mapping, -1)
    {
    }

    /// <param name="place">The child's table among those of the collection.</param>
    private RecordMapper(IReadOnlyList<ChildTable> tables, int place)
        : this(tables, tables[place].Mapping, place)
    {
    }

    private RecordMapper(IReadOnlyList<ChildTable> tables, CollectionMapping mapping, int place)
    {
        (_tables, _table, _unmapped) = (tables, mapping.Table, mapping.Unmapped.Action);
        _leadingColumns = place < 0 ? 0 : tables[place].LeadingColumns;
        var columns = mapping.Columns.ToDictionary(c => c.Name);
        var kept = _unmapped == UnmappedAction.Keep ? mapping.Unmapped.Column : null;
        var slots = 0;
        if (mapping.Columns.Any(column => column.IsElement)) _element = FieldNode.Element(ref slots);
        _steps = [.. TargetColumn.Of(mapping).Skip(_leadingColumns).Select(column => new ColumnStep(
            column with { Name = NameOf(column.Name) },
            columns[column.Name] switch
            {
                { IsElement: true } => _element,
                { Path.Count: 0 } => null,
                { Path: var path } => FieldOf(path, ref slots, takesWhole: true),
            },
            mapping.PrimaryKey.Contains(column.Name),
            column.Name == kept ? null : ComputedOf(columns[column.Name], ref slots))
        {
            Unfit = UnfitValue.For(columns[column.Name]),
            References = columns[column.Name].References is { } reference ? new ReferencedId(reference) : null,
        })];
        _kept = kept is null ? null : Array.Find(_steps, step => step.Column.Name == NameOf(kept));
        _children = ChildrenOf(mapping, place, ref slots);
        _slots = slots;
        _wantsFields = place < 0 || _root.HasChildren || _unmapped != UnmappedAction.Ignore;

        string NameOf(string column) => place < 0 ? column : ChildTable.NameOf(mapping, column);
    }

    /// <summary>How many values of each column <c>onUnfit</c> changed since this was last asked; no columns without any.</summary>
    public IEnumerable<(string Column, long Values)> TakeChanges() => _steps
        .Select(step => (step.Column.Name, step.Unfit?.TakeCount() ?? 0)).Where(change => change.Item2 > 0)
        .Concat(_children.SelectMany(child => child.Elements.TakeChanges()));

    /// <summary>Appends one row, or returns why not and leaves the buffers as they were.</summary>
    /// <param name="children">Takes the rows of children, and must be there where the collection has some.</param>
    public RecordRejection? Map(ReadOnlySpan<byte> document, RowBuffer rows, ChildRows? children = null)
    {
        var count = rows.Count;
        if (MapRow(BsonType.Document, document, default, rows, children) is { } rejection)
        {
            rows.TruncateTo(count);
            children?.TruncateTo(count);
            return rejection.OfRecord();
        }

        children?.EndRecord();
        return null;
    }

    /// <summary>The row of a document or element, and those of its children. After a refusal the caller takes back what was appended.</summary>
    [SkipLocalsInit] // The slots are cleared here, once and not twice.
    private ElementRejection? MapRow(BsonType type, ReadOnlySpan<byte> value, RowHead head, RowBuffer rows, ChildRows? children)
    {
        Span<FieldSlot> slots = stackalloc FieldSlot[_slots];
        slots.Clear();
        if (_element is not null) slots[_element.Slot] = new FieldSlot(type, 0, value.Length + 1);
        if (_wantsFields)
        {
            if (type != BsonType.Document) return new ElementRejection(NoDocument(type, value), "");
            if (FindFields(_root, value, 0, slots) is { } unfound) return new ElementRejection(unfound, "");
        }

        BeginRow(head, rows);
        foreach (var step in _steps)
        {
            if (WriteColumn(step, value, slots, rows) is { } rejection) return new ElementRejection(rejection, "");
        }

        rows.EndRow();
        return _children.Length == 0 ? null : MapChildren(value, slots, rows, children!);
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
            if ((isArray ? parent.Find(index) : parent.Find(reader.Name, ref hint)) is { } field)
            {
                if (Take(field, reader.Type, reader.Value, offset + reader.ValueOffset, slots) is { } rejection) return rejection;
            }
            else if (_unmapped == UnmappedAction.Fail && parent == _root)
            {
                Remember(ref unmapped, reader.Name);
            }
        }

        if (reader.Fault != BsonFault.None) return Unreadable(reader.Fault);
        return unmapped is null ? null : Unmapped(unmapped);
    }

    private RecordRejection? Take(FieldNode field, BsonType type, ReadOnlySpan<byte> value, int offset, Span<FieldSlot> slots)
    {
        ref var slot = ref slots[field.Slot];
        if (slot.Length != 0) return Twice(field);
        slot = new FieldSlot(type, offset, value.Length + 1);
        return field.HasChildren ? Descend(field, type, value, offset, slots) : null;
    }

    private RecordRejection? Descend(FieldNode field, BsonType type, ReadOnlySpan<byte> value, int offset, Span<FieldSlot> slots) =>
        type switch
        {
            BsonType.Null or BsonType.Undefined => null,
            BsonType.Document => FindFields(field, value, offset, slots),
            BsonType.Array when field.WantsOnlyIndexes => FindFields(field, value, offset, slots, isArray: true),
            _ => LeadsNowhere(field, type, value),
        };

    private RecordRejection? WriteColumn(
        ColumnStep step, ReadOnlySpan<byte> document, ReadOnlySpan<FieldSlot> slots, RowBuffer rows)
    {
        if (step.Computed is not null) return WriteComputed(step, document, slots, rows);
        if (step.Field is null) return step == _kept ? WriteKept(step, document, rows) : WriteNothingYet(rows);
        var slot = slots[step.Field.Slot];
        if (slot.Length == 0 || slot.Type is BsonType.Null or BsonType.Undefined)
        {
            if (step.Column.NotNull) return Missing(step, slot.Found);
            rows.AppendNull();
            return null;
        }

        var value = document.Slice(slot.Offset, slot.Length - 1);
        if (step.References is { } reference && slot.Type == BsonType.Document) return WriteReferenced(step, reference, value, rows);
        var start = rows.Position;
        if (step.Conversion.Write(slot.Type, value, rows) is { } refusal && !WriteInstead(step, slot.Type, value, start, rows))
            return Refused(step, refusal, slot.Type, value);
        return rows.UnfinishedBytes <= MaxRowBytes ? null : TooLarge(step, rows.UnfinishedBytes);
    }

    private static RecordRejection? WriteReferenced(ColumnStep step, ReferencedId reference, ReadOnlySpan<byte> document, RowBuffer rows)
    {
        if (reference.Read(document, out var type, out var id) is { } wrong) return Refused(step, wrong, BsonType.Document, document);
        var refusal = step.Conversion.Write(type, id, rows);
        return refusal is null ? null : Refused(step, refusal with { Within = ".$id" + refusal.Within }, type, id);
    }

    /// <summary>Enrichment fills the column, and looks whether it must have a value.</summary>
    private static RecordRejection? WriteNothingYet(RowBuffer rows)
    {
        rows.AppendNull();
        return null;
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
        if (step is null && Array.Find(_children, child => child.Field.IsBelow(field)) is { } child) return LeadsToNoElements(field, child, type, value);
        return new RecordRejection(
            RecordStage.Map, step?.Column.Name, SqlStates.InvalidText,
            $"field '{field.Path}' is {BsonText.Describe(type, value)}; the path '{step?.SourceBelow(field)?.Path}' leads through it and "
            + $"finds nothing. Change the path of column '{step?.Column.Name}' in the migration file.");
    }

    private static void Remember(ref List<string>? names, ReadOnlySpan<byte> name)
    {
        names ??= [];
        // One more than is shown tells that there are more.
        if (names.Count <= MostNames) names.Add(BsonText.Shorten(name));
    }

    /// <summary>Where a field's value stands in the document. Length is one more than the value's, and 0 when it is missing.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct FieldSlot(BsonType Type, int Offset, int Length)
    {
        /// <summary>Null when it is missing.</summary>
        public BsonType? Found => Length == 0 ? null : Type;
    }
}
