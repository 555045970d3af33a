using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>json and jsonb: any value, as relaxed extended JSON.</summary>
internal sealed class JsonConversion(JsonForm form) : ColumnConversion
{
    /// <summary>jsonb_recv wants this before the text.</summary>
    private const byte JsonbVersion = 1;

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        var start = Begin(rows);
        if (new JsonWriter(rows, form).Write(type, value) is { } refusal) return refusal;
        rows.EndField(start);
        return null;
    }

    /// <summary>One object of the document's fields, save those that columns take whole.</summary>
    public Refusal? WriteRest(ReadOnlySpan<byte> document, FieldNode mapped, RowBuffer rows)
    {
        var start = Begin(rows);
        if (new JsonWriter(rows, form).WriteRest(document, mapped) is { } refusal) return refusal;
        rows.EndField(start);
        return null;
    }

    private int Begin(RowBuffer rows)
    {
        var start = rows.BeginField();
        if (form == JsonForm.Jsonb) rows.AppendByte(JsonbVersion);
        return start;
    }
}

internal enum JsonForm
{
    /// <summary>Kept by PostgreSQL as text: zero characters are escaped, repeated keys stay.</summary>
    Json,

    /// <summary>Parsed by PostgreSQL: zero characters and repeated keys cannot be held and are refused.</summary>
    Jsonb,
}
