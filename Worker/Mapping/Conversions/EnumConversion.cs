using System.Text;
using Migration.Contracts.Migrations;
using Migration.Worker.Targets;
using MongoDB.Bson;

namespace Migration.Worker.Mapping.Conversions;

/// <summary>An enum type: a text that is one of its labels, letter by letter.</summary>
internal sealed class EnumConversion(EnumType type) : ColumnConversion
{
    private static readonly Refusal NoLabel = new(SqlStates.InvalidText, "has no such label", Advice.AddLabel);

    private readonly byte[][] _labels = [.. type.Labels.Select(Encoding.UTF8.GetBytes)];

    public override Refusal? Write(BsonType type, ReadOnlySpan<byte> value, RowBuffer rows)
    {
        if (type is not (BsonType.String or BsonType.Symbol)) return Refusal.WrongType;
        var text = BsonSpanReader.TextOf(value);
        foreach (var label in _labels)
        {
            if (!text.SequenceEqual(label)) continue;
            text.CopyTo(rows.AppendField(text.Length));
            return null;
        }

        return NoLabel;
    }
}
