using System.Buffers.Binary;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Targets;
using MongoDB.Bson;
using static Migration.Worker.Mapping.MappingRejections;

namespace Migration.Worker.Mapping;

/// <content>
/// Children: each element of an array becomes a row of the child's table, written after its parent's row, whose key it
/// copies. What one element refuses refuses the record, and all of its rows in all tables are taken back.
/// </content>
internal sealed partial class RecordMapper
{
    /// <summary>How often the size of a record's rows is looked at, so that no array outgrows a buffer in between.</summary>
    private const int ElementsBetweenLooks = 256;

    private readonly ChildStep[] _children;
    private readonly int _leadingColumns;

    /// <summary>What an element is as a value; null where no column takes it whole.</summary>
    private readonly FieldNode? _element;

    /// <summary>Buffers for the rows of children; null where the collection has none.</summary>
    public ChildRows? NewChildRows() => _tables.Count == 0 ? null : new ChildRows(_tables.Count);

    private ChildStep[] ChildrenOf(CollectionMapping owner, int place, ref int slots)
    {
        var (children, names) = (new List<ChildStep>(), owner.Columns.Select(column => column.Name).ToList());
        for (var i = 0; i < _tables.Count; i++)
        {
            if (_tables[i].ParentPlace != place) continue;
            var field = FieldOf(_tables[i].Child.Path, ref slots, takesWhole: true);
            int[] keyPlaces = [.. owner.PrimaryKey.Select(name => names.IndexOf(name))];
            children.Add(new ChildStep(field, i, _tables[i], keyPlaces, new RecordMapper(_tables, i)));
        }

        return [.. children];
    }

    /// <summary>The row's fields that the parent gives; with the number of all fields, which stands before them.</summary>
    private void BeginRow(RowHead head, RowBuffer rows)
    {
        rows.AppendInt16((short)(_leadingColumns + _steps.Length));
        if (_leadingColumns == 0) return;
        foreach (var place in head.KeyPlaces) rows.Append(FieldAt(head.Parent, place));
        BinaryPrimitives.WriteInt32BigEndian(rows.AppendField(sizeof(int)), head.Ordinal);
    }

    /// <summary>With its length. Keys are of the first columns as a rule, and have values.</summary>
    private static ReadOnlySpan<byte> FieldAt(ReadOnlySpan<byte> row, int place)
    {
        for (row = row[sizeof(short)..]; place > 0; place--) row = row[FieldLength(row)..];
        return row[..FieldLength(row)];
    }

    private static int FieldLength(ReadOnlySpan<byte> field) => sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(field));

    /// <param name="parent">Where the row that was just written is the last one.</param>
    private ElementRejection? MapChildren(ReadOnlySpan<byte> document, ReadOnlySpan<FieldSlot> slots, RowBuffer parent, ChildRows children)
    {
        foreach (var child in _children)
        {
            var slot = slots[child.Field.Slot];
            if (slot.Length == 0 || slot.Type is BsonType.Null or BsonType.Undefined) continue;
            var value = document.Slice(slot.Offset, slot.Length - 1);
            var rejection = slot.Type switch
            {
                BsonType.Array => MapElements(child, value, parent, children),
                BsonType.Document => child.Elements.MapRow(slot.Type, value, Head(child, parent, 0), children[child.Place], children)?.Within(child.Field.Path),
                _ => new ElementRejection(NoElements(child, slot.Type, value), ""),
            };
            if (rejection is not null) return rejection;
        }

        return null;
    }

    private static ElementRejection? MapElements(ChildStep child, ReadOnlySpan<byte> array, RowBuffer parent, ChildRows children)
    {
        var reader = new BsonSpanReader(array);
        var rows = children[child.Place];
        for (var ordinal = 0; reader.Read(); ordinal++)
        {
            if (child.Elements.MapRow(reader.Type, reader.Value, Head(child, parent, ordinal), rows, children) is { } rejection)
                return rejection.Within(FormattableString.Invariant($"{child.Field.Path}.{ordinal}"));
            if (ordinal % ElementsBetweenLooks == 0 && children.BytesOfRecord > MaxRowBytes) return TooManyBytes(child, children.BytesOfRecord);
        }

        if (reader.Fault != BsonFault.None) return new ElementRejection(Unreadable(reader.Fault), "");
        return children.BytesOfRecord > MaxRowBytes ? TooManyBytes(child, children.BytesOfRecord) : null;
    }

    private static RowHead Head(ChildStep child, RowBuffer parent, int ordinal) => new(parent.Row(parent.Count - 1).Span, child.KeyPlaces, ordinal);

    private static ElementRejection TooManyBytes(ChildStep child, long bytes) => new(
        new RecordRejection(
            RecordStage.Map, null, SqlStates.LimitExceeded,
            $"the record's rows in tables of children have {bytes} bytes up to table '{child.Table.Mapping.Table}', and {MaxRowBytes} is the limit. "
            + $"Keep the array at '{child.Field.Path}' as jsonb instead."),
        "");

    private static RecordRejection NoElements(ChildStep child, BsonType type, ReadOnlySpan<byte> value) => new(
        RecordStage.Map, null, SqlStates.InvalidText,
        $"field '{child.Field.Path}' is {BsonText.Describe(type, value)}; table '{child.Table.Mapping.Table}' takes the elements of an array, or a document. "
        + "Change the path of the child in the migration file, or mend the document.");

    private static RecordRejection LeadsToNoElements(FieldNode field, ChildStep child, BsonType type, ReadOnlySpan<byte> value) => new(
        RecordStage.Map, null, SqlStates.InvalidText,
        $"field '{field.Path}' is {BsonText.Describe(type, value)}; the path '{child.Field.Path}' of table '{child.Table.Mapping.Table}' leads through it and "
        + "finds nothing. Change the path of the child in the migration file.");

    /// <summary>A null element is a row only where nothing but the element itself is wanted; its columns say whether they take it.</summary>
    private RecordRejection NoDocument(BsonType type, ReadOnlySpan<byte> value) => new(
        RecordStage.Map, null, SqlStates.InvalidText,
        $"it is {(type is BsonType.Null or BsonType.Undefined ? BsonText.NameOf(type) : BsonText.Describe(type, value))}, and table '{_table}' takes fields of it. "
        + "Give the child a column of path '.' and no others in the migration file, keep the array as jsonb, or mend the document.");
}
