using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;
using Migration.KubernetesStandIn.Storage;

namespace Migration.KubernetesStandIn.Validation;

/// <summary>
/// Holds an object against the client library's class of its kind: which fields there are, and of which types. Unknown fields
/// are taken out, as the API server does.
/// </summary>
internal static class ModelSchema
{
    private static readonly ConcurrentDictionary<Type, Dictionary<string, Type>> Known = new();

    /// <returns>The unknown fields.</returns>
    /// <exception cref="WrongType">A value is of another type than its field.</exception>
    public static List<string> Check(Type model, JsonObject thing)
    {
        var unknown = new List<string>();
        Check(model, thing, "", unknown);
        return unknown;
    }

    private static void Check(Type model, JsonObject thing, string path, List<string> unknown)
    {
        var fields = Known.GetOrAdd(model, Fields);
        foreach (var (name, value) in thing.ToList())
        {
            var here = path.Length == 0 ? name : $"{path}.{name}";
            if (!fields.TryGetValue(name, out var type))
            {
                unknown.Add(here);
                thing.Remove(name);
            }
            else if (value is null)
            {
                thing.Remove(name);
            }
            else
            {
                CheckValue(type, value, here, $"{StructName(model)}.{here}", unknown);
            }
        }
    }

    private static void CheckValue(Type type, JsonNode value, string path, string goField, List<string> unknown)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string) || type == typeof(ResourceQuantity) || type == typeof(IntOrString) || type == typeof(byte[])
            || type == typeof(DateTime) || type.IsEnum || type.IsPrimitive)
        {
            CheckScalar(type, value, goField);
        }
        else if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>))
        {
            foreach (var (key, item) in Expect<JsonObject>(value, goField, "map").Where(pair => pair.Value is not null))
                CheckValue(type.GetGenericArguments()[1], item!, $"{path}.{key}", goField, unknown);
        }
        else if (type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type))
        {
            var list = Expect<JsonArray>(value, goField, "slice");
            for (var i = 0; i < list.Count; i++)
                CheckValue(type.GetGenericArguments()[0], list[i]!, $"{path}[{i}]", goField, unknown);
        }
        else if (type != typeof(object) && type != typeof(JsonElement))
        {
            Check(type, Expect<JsonObject>(value, goField, StructName(type)), path, unknown);
        }
    }

    private static void CheckScalar(Type type, JsonNode value, string goField)
    {
        var kind = value.GetValueKind();
        var wanted = type switch
        {
            _ when type == typeof(bool) => "bool",
            _ when type == typeof(int) => "int32",
            _ when type == typeof(long) => "int64",
            _ when type == typeof(double) => "float64",
            _ => "string",
        };
        var fits = wanted switch
        {
            "bool" => kind is JsonValueKind.True or JsonValueKind.False,
            "int32" => kind == JsonValueKind.Number && value.Number() is not null,
            "int64" or "float64" => kind == JsonValueKind.Number,
            _ => kind == JsonValueKind.String
                || (kind == JsonValueKind.Number && (type == typeof(IntOrString) || type == typeof(ResourceQuantity))),
        };
        if (!fits)
            throw new WrongType($"json: cannot unmarshal {Shape(value)} into Go struct field {goField} of type {wanted}");
    }

    private static T Expect<T>(JsonNode value, string goField, string wanted)
        where T : JsonNode =>
        value as T ?? throw new WrongType($"json: cannot unmarshal {Shape(value)} into Go struct field {goField} of type {wanted}");

    private static string Shape(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => value.Number() is null ? $"number {value.ToJsonString()}" : "number",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "bool",
    };

    private static string StructName(Type model) =>
        model.Name.StartsWith("V1", StringComparison.Ordinal) ? model.Name[2..] : model.Name.Replace("Corev1", "", StringComparison.Ordinal);

    private static Dictionary<string, Type> Fields(Type model) => model.GetProperties()
        .Select(property => (property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name, property.PropertyType))
        .Where(field => field.Name is not null)
        .ToDictionary(field => field.Name!, field => field.PropertyType);
}
