using System.Text.Json;
using System.Text.Json.Serialization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>Stores a column's type as its SQL.</summary>
internal sealed class ColumnTypeConverter : JsonConverter<ColumnType>
{
    public override ColumnType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        ColumnType.TryParse(reader.GetString() ?? "", out var type, out var problem) ? type : throw new JsonException(problem);

    public override void Write(Utf8JsonWriter writer, ColumnType value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
