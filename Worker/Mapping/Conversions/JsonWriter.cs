using System.Buffers.Binary;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>
/// Relaxed extended JSON (version 2 of its specification) from raw BSON, as UTF-8 straight into a row. Types stay
/// visible: a double always has a fraction or an exponent, an integer never, everything that JSON lacks is an object
/// with a dollar key. Where jsonb would change a value without a word (negative zero, a repeated key) it is written
/// in its canonical form or refused.
/// </summary>
internal readonly ref struct JsonWriter(RowBuffer rows, JsonForm form)
{
    private const long LastRelaxedDate = 253_402_300_799_999; // 9999-12-31T23:59:59.999Z

    public Refusal? Write(BsonType type, ReadOnlySpan<byte> value) => Write(type, value, 1);

    /// <summary>One object of the document's fields, save those that columns take whole.</summary>
    public Refusal? WriteRest(ReadOnlySpan<byte> document, FieldNode mapped) => WriteObject(document, 1, mapped);

    private Refusal? Write(BsonType type, ReadOnlySpan<byte> value, int depth)
    {
        switch (type)
        {
            case BsonType.Document: return WriteObject(value, depth, null);
            case BsonType.Array: return WriteArray(value, depth);
            case BsonType.String: return WriteText(BsonSpanReader.TextOf(value));
            case BsonType.Int32: ScalarText.AppendNumber(rows, ScalarText.ReadInt32(value)); return null;
            case BsonType.Int64: ScalarText.AppendNumber(rows, ScalarText.ReadInt64(value)); return null;
            case BsonType.Double: WriteDouble(ScalarText.ReadDouble(value)); return null;
            case BsonType.Boolean: rows.Append(value[0] != 0 ? "true"u8 : "false"u8); return null;
            case BsonType.Null: rows.Append("null"u8); return null;
            case BsonType.DateTime: WriteDate(ScalarText.ReadInt64(value)); return null;
            case BsonType.ObjectId: WriteObjectId(value); return null;
            case BsonType.Decimal128: WriteDecimal(value); return null;
            case BsonType.Binary: WriteBinary(value); return null;
            default: return WriteRareType(type, value, depth);
        }
    }

    private Refusal? WriteRareType(BsonType type, ReadOnlySpan<byte> value, int depth)
    {
        switch (type)
        {
            case BsonType.Undefined: rows.Append("{\"$undefined\":true}"u8); return null;
            case BsonType.MinKey: rows.Append("{\"$minKey\":1}"u8); return null;
            case BsonType.MaxKey: rows.Append("{\"$maxKey\":1}"u8); return null;
            case BsonType.Timestamp: WriteTimestamp(value); return null;
            case BsonType.Symbol: return WriteWrapped("{\"$symbol\":"u8, BsonSpanReader.TextOf(value));
            case BsonType.JavaScript: return WriteWrapped("{\"$code\":"u8, BsonSpanReader.TextOf(value));
            case BsonType.JavaScriptWithScope: return WriteCodeWithScope(value, depth);
            case BsonType.RegularExpression: return WriteRegex(value);
            default: return WritePointer(value);
        }
    }

    [SkipLocalsInit] // The places of names are written before they are read.
    private Refusal? WriteObject(ReadOnlySpan<byte> document, int depth, FieldNode? mapped)
    {
        if (depth > BsonSpanReader.MaxDepth) return Refusal.Unreadable(BsonFault.Depth);
        rows.AppendByte((byte)'{');
        var keys = 0;
        var names = new RepeatedKeys(stackalloc Range[RepeatedKeys.Few]);
        var reader = new BsonSpanReader(document);
        while (reader.Read())
        {
            names.Add(reader);
            if (mapped is not null && mapped.TakesWhole(reader.Name)) continue;
            if (keys++ > 0) rows.AppendByte((byte)',');
            if (WriteText(reader.Name) is { } nameRefusal) return nameRefusal;
            rows.AppendByte((byte)':');
            if (Write(reader.Type, reader.Value, depth + 1) is { } refusal) return refusal;
        }

        rows.AppendByte((byte)'}');
        if (reader.Fault != BsonFault.None) return Refusal.Unreadable(reader.Fault);
        if (form != JsonForm.Jsonb || keys < 2 || names.Find(document) is not { } repeated) return null;
        return new Refusal(
            SqlStates.InvalidJson, $"cannot hold an object in which the key '{repeated}' appears twice", Advice.UseJson);
    }

    private Refusal? WriteArray(ReadOnlySpan<byte> array, int depth)
    {
        if (depth > BsonSpanReader.MaxDepth) return Refusal.Unreadable(BsonFault.Depth);
        rows.AppendByte((byte)'[');
        var first = true;
        var reader = new BsonSpanReader(array);
        while (reader.Read())
        {
            if (!first) rows.AppendByte((byte)',');
            first = false;
            if (Write(reader.Type, reader.Value, depth + 1) is { } refusal) return refusal;
        }

        rows.AppendByte((byte)']');
        return reader.Fault == BsonFault.None ? null : Refusal.Unreadable(reader.Fault);
    }

    private Refusal? WriteText(ReadOnlySpan<byte> text) => JsonText.Append(rows, text, form);

    private Refusal? WriteWrapped(ReadOnlySpan<byte> opening, ReadOnlySpan<byte> text)
    {
        rows.Append(opening);
        if (WriteText(text) is { } refusal) return refusal;
        rows.AppendByte((byte)'}');
        return null;
    }

    private void WriteDouble(double value)
    {
        // JSON has no such numbers; jsonb would turn -0.0 into 0.0.
        var wrapped = !double.IsFinite(value) || (value == 0 && double.IsNegative(value));
        if (wrapped) rows.Append("{\"$numberDouble\":\""u8);
        var start = rows.Position;
        ScalarText.AppendNumber(rows, value);
        if (double.IsFinite(value) && !rows.From(start).ContainsAny((byte)'.', (byte)'E')) rows.Append(".0"u8);
        if (wrapped) rows.Append("\"}"u8);
    }

    private void WriteDate(long milliseconds)
    {
        rows.Append("{\"$date\":"u8);
        // The specification's relaxed form is for the years 1970 to 9999.
        if (milliseconds is >= 0 and <= LastRelaxedDate)
        {
            rows.AppendByte((byte)'"');
            ScalarText.TryAppendDate(rows, milliseconds);
            rows.Append("\"}"u8);
            return;
        }

        rows.Append("{\"$numberLong\":\""u8);
        ScalarText.AppendNumber(rows, milliseconds);
        rows.Append("\"}}"u8);
    }

    private void WriteObjectId(ReadOnlySpan<byte> value)
    {
        rows.Append("{\"$oid\":\""u8);
        ScalarText.AppendObjectId(rows, value);
        rows.Append("\"}"u8);
    }

    private void WriteDecimal(ReadOnlySpan<byte> value)
    {
        rows.Append("{\"$numberDecimal\":\""u8);
        ScalarText.AppendDecimal(rows, value);
        rows.Append("\"}"u8);
    }

    private void WriteBinary(ReadOnlySpan<byte> value)
    {
        var data = ByteaConversion.DataOf(value);
        rows.Append("{\"$binary\":{\"base64\":\""u8);
        Base64.EncodeToUtf8(data, rows.Append(Base64.GetMaxEncodedToUtf8Length(data.Length)), out _, out _);
        rows.Append("\",\"subType\":\""u8);
        Convert.TryToHexStringLower(value.Slice(sizeof(int), 1), rows.Append(2), out _);
        rows.Append("\"}}"u8);
    }

    private void WriteTimestamp(ReadOnlySpan<byte> value)
    {
        rows.Append("{\"$timestamp\":{\"t\":"u8);
        ScalarText.AppendNumber(rows, BinaryPrimitives.ReadUInt32LittleEndian(value[sizeof(uint)..]));
        rows.Append(",\"i\":"u8);
        ScalarText.AppendNumber(rows, BinaryPrimitives.ReadUInt32LittleEndian(value));
        rows.Append("}}"u8);
    }

    private Refusal? WriteCodeWithScope(ReadOnlySpan<byte> value, int depth)
    {
        var scope = BsonSpanReader.ScopeOf(value);
        rows.Append("{\"$code\":"u8);
        if (WriteText(BsonSpanReader.TextOf(value[sizeof(int)..^scope.Length])) is { } refusal) return refusal;
        rows.Append(",\"$scope\":"u8);
        if (WriteObject(scope, depth + 1, null) is { } scopeRefusal) return scopeRefusal;
        rows.AppendByte((byte)'}');
        return null;
    }

    private Refusal? WriteRegex(ReadOnlySpan<byte> value)
    {
        var end = value.IndexOf((byte)0);
        rows.Append("{\"$regularExpression\":{\"pattern\":"u8);
        if (WriteText(value[..end]) is { } refusal) return refusal;
        rows.Append(",\"options\":"u8);
        if (WriteText(value[(end + 1)..^1]) is { } optionsRefusal) return optionsRefusal;
        rows.Append("}}"u8);
        return null;
    }

    private Refusal? WritePointer(ReadOnlySpan<byte> value)
    {
        rows.Append("{\"$dbPointer\":{\"$ref\":"u8);
        if (WriteText(BsonSpanReader.TextOf(value[..^12])) is { } refusal) return refusal;
        rows.Append(",\"$id\":"u8);
        WriteObjectId(value[^12..]);
        rows.Append("}}"u8);
        return null;
    }
}
