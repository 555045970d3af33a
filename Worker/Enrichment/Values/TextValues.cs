using System.Globalization;
using System.Text.Json;
using Migration.Contracts.Migrations;

namespace Migration.Worker.Enrichment.Values;

/// <summary>What a text of a file or of PostgreSQL stands for in a column. One that stands for nothing stays a text, which the column then refuses.</summary>
internal static class TextValues
{
    public static object Of(string text, ColumnType type) => type switch
    {
        { IsArray: true } or { Kind: ColumnKind.Json or ColumnKind.Jsonb } => Json(text) ?? (object)text,
        { Kind: ColumnKind.Int2 or ColumnKind.Int4 or ColumnKind.Int8 or ColumnKind.Numeric } => Json(text) is { ValueKind: JsonValueKind.Number } number ? number : text,
        { Kind: ColumnKind.Float4 or ColumnKind.Float8 } => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? Float(type, text, number) : text,
        { Kind: ColumnKind.Bool } => text switch { "true" or "t" => true, "false" or "f" => false, _ => text },
        _ => text,
    };

    /// <summary>The nearest one of the column's precision, as for a number in JSON.</summary>
    private static object Float(ColumnType type, string text, double number)
        => type.Kind == ColumnKind.Float4 ? (double)float.Parse(text, CultureInfo.InvariantCulture) : number;

    private static JsonElement? Json(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
