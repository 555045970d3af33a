using System.Buffers.Binary;
using Migration.Worker.Enrichment.Values;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;

namespace Migration.Worker.Enrichment;

/// <summary>
/// A row on its way through enrichment: its fields in COPY's form, as mapping or a step left them. Values are read and
/// written as .NET's; what a column does not take is refused as from a document, and refuses the record.
/// </summary>
/// <remarks>Whoever made the row keeps its memory until the record is done with. For one step at a time.</remarks>
internal sealed class EnrichedRecord
{
    private readonly EnrichedColumns _columns;
    private readonly ReadOnlyMemory<byte>?[] _fields;
    private readonly EnrichedElements? _elements;

    /// <param name="elements">Its rows in tables of children; null where the collection has none.</param>
    public EnrichedRecord(EnrichedColumns columns, ReadOnlyMemory<byte> row, EnrichedElements? elements = null)
    {
        (_columns, _fields, _elements) = (columns, new ReadOnlyMemory<byte>?[columns.Steps.Count], elements);
        var at = sizeof(short);
        for (var i = 0; i < _fields.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(row.Span[at..]);
            at += sizeof(int);
            if (length < 0) continue;
            _fields[i] = row.Slice(at, length);
            at += length;
        }
    }

    /// <summary>Why it cannot be written; null while it can.</summary>
    public RecordRejection? Rejection { get; private set; }

    /// <summary>The first reason stays.</summary>
    public void Refuse(string? column, string? sqlState, string message, string? exception = null)
        => Rejection ??= new RecordRejection(RecordStage.Enrich, column, sqlState, message, exception);

    /// <summary>The column's value; null for NULL, and for one that cannot be read, with which the record is refused.</summary>
    public object? Get(string column)
    {
        var place = _columns.PlaceOf(column);
        if (_fields[place] is not { } field) return null;
        var value = FieldReader.Read(_columns.Steps[place].Column.Type, field.Span, out var problem);
        if (problem is not null) Refuse(column, SqlStates.OutOfRange, $"column '{column}' cannot be read for enrichment: {problem}.");
        return value;
    }

    /// <summary>Gives the column a value, or refuses the record when it does not take it.</summary>
    /// <param name="by">Who gives it, at a sentence's beginning, such as <c>The http step of line 12</c>.</param>
    public void Set(string column, object? value, string by)
    {
        var place = _columns.PlaceOf(column);
        var step = _columns.Steps[place];
        _fields[place] = FieldWriter.Write(step, value, out var problem);
        if (problem is { } refusal) Refuse(column, refusal.SqlState, $"{by} gave column '{column}' {refusal.Message}");
    }

    /// <summary>The values of a child's column, one for each of the record's rows in its table; null for a column of the collection's own table.</summary>
    public IReadOnlyList<object?>? GetOfChild(string column)
    {
        if (_columns.OfChild(column) is not { } child) return null;
        var values = new object?[_elements!.Count(child.Table)];
        for (var row = 0; row < values.Length; row++)
        {
            if (_elements.Field(child, row) is not { } field) continue;
            values[row] = FieldReader.Read(child.Step.Column.Type, field.Span, out var problem);
            if (problem is not null) Refuse(column, SqlStates.OutOfRange, $"column '{column}' cannot be read for enrichment: {problem}.");
        }

        return values;
    }

    /// <summary>Gives the values back, or refuses the record when the column does not take one of them.</summary>
    public void SetOfChild(string column, IReadOnlyList<object?> values, string by)
    {
        var child = _columns.OfChild(column)!;
        for (var row = 0; row < values.Count; row++)
        {
            var field = FieldWriter.Write(child.Step, values[row], out var problem);
            if (problem is { } refusal) Refuse(column, refusal.SqlState, $"{by} gave column '{column}' {refusal.Message}");
            else if (field is null && child.Step.Column.NotNull) RefuseNull(child.Step);
            _elements!.Change(child, row, field);
        }
    }

    /// <summary>Gives the column what a text stands for: a number, a truth value or JSON where that is what the column is.</summary>
    public void SetText(string column, string? text, string by)
        => Set(column, text is null ? null : TextValues.Of(text, _columns.Steps[_columns.PlaceOf(column)].Column.Type), by);

    /// <summary>Appends the rows as they are now, or returns why not and leaves the buffers as they were.</summary>
    /// <param name="children">Takes those of children; null where the collection has none.</param>
    public RecordRejection? WriteTo(RowBuffer rows, ChildRows? children = null)
    {
        for (var i = 0; i < _fields.Length && Rejection is null; i++)
        {
            if (_fields[i] is null && _columns.Written[i] && _columns.Steps[i].Column.NotNull) RefuseNull(_columns.Steps[i]);
        }

        if (Rejection is not null) return Rejection;
        Append(rows);
        if (children is not null) _elements!.WriteTo(children);
        return null;
    }

    private void RefuseNull(ColumnStep step) => Refuse(
        step.Column.Name, SqlStates.NotNull,
        $"column '{step.Column.Name}' must have a value and got none by enrichment. "
        + (step.IsKey ? "It is in the primary key: choose another key in the migration file." : $"Take 'required' from column '{step.Column.Name}' in the migration file to let it be null."));

    private void Append(RowBuffer rows)
    {
        rows.AppendInt16((short)_fields.Length);
        foreach (var field in _fields)
        {
            if (field is { } value) value.Span.CopyTo(rows.AppendField(value.Length));
            else rows.AppendNull();
        }

        rows.EndRow();
    }
}
