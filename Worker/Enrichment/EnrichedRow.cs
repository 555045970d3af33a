using Migration.Worker.Mapping;

namespace Migration.Worker.Enrichment;

/// <summary>
/// What a step is given at a time: a record, or one of its rows in the child's table that the step fills, with the record's
/// own columns to read besides. Whatever refuses a row refuses its record.
/// </summary>
/// <param name="row">Of the record's rows in that table; null for the record itself.</param>
internal sealed class EnrichedRow(EnrichedRecord record, int? row = null)
{
    public EnrichedRecord Record => record;

    public RecordRejection? Rejection => record.Rejection;

    /// <inheritdoc cref="EnrichedRecord.Get(string)"/>
    public object? Get(string column) => row is { } number ? record.Get(column, number) : record.Get(column);

    /// <inheritdoc cref="EnrichedRecord.Set(string, object?, string)"/>
    public void Set(string column, object? value, string by)
    {
        if (row is { } number) record.Set(column, number, value, by);
        else record.Set(column, value, by);
    }

    /// <summary>Gives the column what a text stands for: a number, a truth value or JSON where that is what the column is.</summary>
    public void SetText(string column, string? text, string by) => Set(column, record.ValueOf(column, text), by);

    /// <inheritdoc cref="EnrichedRecord.Refuse"/>
    public void Refuse(string? column, string? sqlState, string message, string? exception = null)
        => record.Refuse(column, sqlState, row is { } number ? EnrichedRecord.OfElement(number, message) : message, exception);
}
