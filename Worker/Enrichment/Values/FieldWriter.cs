using Migration.Worker.Mapping;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Enrichment.Values;

/// <summary>
/// Makes fields in COPY's binary form of .NET's values, by way of BSON: whether a column takes a value without loss is
/// decided by the same conversions as for a document.
/// </summary>
internal static class FieldWriter
{
    /// <returns>The field; null for NULL, and when there is a problem.</returns>
    public static ReadOnlyMemory<byte>? Write(ColumnStep step, object? value, out (string SqlState, string Message)? problem)
    {
        problem = null;
        try
        {
            var bson = BsonValues.Of(value, step.Column.Type);
            return bson.IsBsonNull ? null : Convert(step, bson, out problem);
        }
        catch (NotSupportedException e)
        {
            problem = (SqlStates.InvalidText, $"{e.Message}. {step.Advise(Advice.ChangeType)}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or BsonException)
        {
            // Halves of surrogate pairs, a key twice in an object, a zero character in a key.
            problem = (SqlStates.InvalidText, $"a value that cannot be stored: {TransientRetry.FirstLine(e)}.");
        }

        return null;
    }

    private static ReadOnlyMemory<byte>? Convert(ColumnStep step, BsonValue bson, out (string SqlState, string Message)? problem)
    {
        var document = new BsonDocument("v", bson).ToBson();
        BsonSpanReader.TryFind(document, "v"u8, out var type, out var value);
        using var rows = new RowBuffer(value.Length + 64);
        rows.AppendInt16(1);
        var start = rows.Position + sizeof(int);
        if (step.Conversion.Write(type, value, rows) is { } refusal)
        {
            var found = refusal.Found ?? BsonText.Describe(type, value);
            problem = (refusal.SqlState, $"{found}{(refusal.Within.Length == 0 ? "" : $" at '{refusal.Within}'")}; {step.TypeName} {refusal.Reason}. {step.Advise(refusal.Advice)}");
            return null;
        }

        problem = null;
        return rows.From(start).ToArray();
    }
}
