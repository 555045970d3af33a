using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>Stores a column's type as its SQL; an enum with its labels, which its name does not tell.</summary>
internal sealed class ColumnTypeConverter : JsonConverter<ColumnType>
{
    private const string Enum = "enum";
    private const string Schema = "schema";
    private const string Labels = "labels";
    private const string IsArray = "isArray";

    public override ColumnType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return ReadEnum(JsonNode.Parse(ref reader)!.AsObject());
        }

        return ColumnType.TryParse(reader.GetString() ?? "", out var type, out var problem) ? type : throw new JsonException(problem);
    }

    public override void Write(Utf8JsonWriter writer, ColumnType value, JsonSerializerOptions options)
    {
        if (value.Enum is { } type)
        {
            ToNode(type, value.IsArray).WriteTo(writer, options);
        }
        else
        {
            writer.WriteStringValue(value.ToString());
        }
    }

    private static JsonObject ToNode(EnumType type, bool isArray)
    {
        var node = new JsonObject
        {
            [Enum] = type.Name.Name,
            [Schema] = type.Name.Schema,
            [Labels] = new JsonArray([.. type.Labels.Select(label => JsonValue.Create(label))]),
        };
        if (isArray)
        {
            node[IsArray] = true;
        }

        return node;
    }

    private static ColumnType ReadEnum(JsonObject node)
    {
        if ((string?)node[Enum] is not { } name || (string?)node[Schema] is not { } schema || node[Labels] is not JsonArray labels)
        {
            throw new JsonException("An enum has a name, a schema and labels.");
        }

        return new ColumnType(ColumnKind.Enum, IsArray: (bool?)node[IsArray] ?? false)
        {
            Enum = new EnumType(new TableName(schema, name), [.. labels.Select(label => (string)label!)]),
        };
    }
}
