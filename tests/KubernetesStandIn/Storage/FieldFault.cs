using System.Text.Json.Nodes;

namespace Migration.KubernetesStandIn.Storage;

/// <param name="Complaint"><c>Invalid value</c>, <c>Required value</c>, ...</param>
internal sealed record FieldFault(string Field, string Complaint, string What)
{
    public static FieldFault Invalid(string field, JsonNode? value, string why) =>
        new(field, "Invalid value", $"{value?.ToJsonString(JsonPaths.Lenient) ?? "null"}: {why}");

    public static FieldFault Required(string field, string why) => new(field, "Required value", why);

    public static FieldFault Unsupported(string field, string value, params string[] supported) => new(
        field, "Unsupported value", $"\"{value}\": supported values: {string.Join(", ", supported.Select(one => $"\"{one}\""))}");

    public override string ToString() => $"{Field}: {Complaint}: {What}";

    public JsonObject ToCause() => new()
    {
        ["reason"] = Complaint switch
        {
            "Required value" => "FieldValueRequired",
            "Unsupported value" => "FieldValueNotSupported",
            _ => "FieldValueInvalid",
        },
        ["message"] = $"{Complaint}: {What}",
        ["field"] = Field,
    };
}
