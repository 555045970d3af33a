using System.Buffers.Binary;
using Migration.Worker.Targets;

namespace Migration.Worker.Enrichment;

/// <summary>A record's rows in the tables of children on their way through enrichment: as mapping left them, and what steps changed.</summary>
/// <param name="rows">Stays as it is until the record is done with.</param>
/// <param name="record">The number of the record whose rows these are.</param>
internal sealed class EnrichedElements(ChildRows rows, int record)
{
    private readonly Dictionary<(int Table, int Row, int Place), ReadOnlyMemory<byte>?> _changed = [];

    public int Count(int table) => rows.StartOf(table, record + 1) - rows.StartOf(table, record);

    /// <summary>Null for NULL.</summary>
    /// <param name="row">Of the record's in the table.</param>
    public ReadOnlyMemory<byte>? Field(ChildColumn column, int row)
    {
        if (_changed.TryGetValue((column.Table, row, column.Place), out var changed)) return changed;
        var bytes = RowOf(column.Table, row);
        for (var (at, place) = (sizeof(short), 0); ; place++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes.Span[at..]);
            at += sizeof(int);
            if (place == column.Place)
            {
                // Not by a conditional: its null would be an empty field.
                if (length < 0) return null;
                return bytes.Slice(at, length);
            }

            at += Math.Max(length, 0);
        }
    }

    public void Change(ChildColumn column, int row, ReadOnlyMemory<byte>? field) => _changed[(column.Table, row, column.Place)] = field;

    /// <summary>Appends the rows as they are now, as those of one record.</summary>
    public void WriteTo(ChildRows to)
    {
        for (var table = 0; table < rows.Tables; table++)
        {
            for (var row = 0; row < Count(table); row++) Append(table, row, to[table]);
        }

        to.EndRecord();
    }

    private void Append(int table, int row, RowBuffer to)
    {
        var bytes = RowOf(table, row).Span;
        var fields = BinaryPrimitives.ReadInt16BigEndian(bytes);
        to.AppendInt16(fields);
        bytes = bytes[sizeof(short)..];
        for (var place = 0; place < fields; place++)
        {
            var field = bytes[..(sizeof(int) + Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(bytes)))];
            if (!_changed.TryGetValue((table, row, place), out var changed)) to.Append(field);
            else if (changed is { } value) value.Span.CopyTo(to.AppendField(value.Length));
            else to.AppendNull();
            bytes = bytes[field.Length..];
        }

        to.EndRow();
    }

    private ReadOnlyMemory<byte> RowOf(int table, int row) => rows[table].Row(rows.StartOf(table, record) + row);
}
