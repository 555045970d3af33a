using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using k8s.Models;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Migration.Chart.Tests.Validation;

/// <summary>
/// Holds YAML to a model as an API server with strict field validation does: a field that the model does not have is a
/// mistake, and so is a value of another type. What a plain word means is decided as Kubernetes does, by YAML 1.1:
/// <c>on</c> is true, and <c>1e3</c> a number.
/// </summary>
internal sealed partial class StrictObject
{
    private readonly List<string> _mistakes = [];

    public static IReadOnlyList<string> Mistakes(YamlNode node, Type model)
    {
        var check = new StrictObject();
        check.Value(node, model, "");
        return check._mistakes;
    }

    private void Value(YamlNode node, Type declared, string path)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (node is YamlScalarNode scalar)
            Scalar(scalar, type, path);
        else if (node is YamlSequenceNode list)
            Items(list, type, path);
        else if (node is YamlMappingNode map)
            Fields(map, type, path);
    }

    private void Fields(YamlMappingNode map, Type type, string path)
    {
        if (IsAnything(type))
            return;
        if (ValueOfMap(type) is { } valueType)
        {
            foreach (var (key, value) in map.Children)
                Value(value, valueType, $"{path}.{key}");
        }
        else if (IsLeaf(type) || ItemOf(type) is not null)
        {
            _mistakes.Add($"{path}: a map where {type.Name} belongs");
        }
        else
        {
            Members(map, type, path);
        }
    }

    private void Members(YamlMappingNode map, Type type, string path)
    {
        var fields = FieldsOf(type);
        foreach (var (key, value) in map.Children)
        {
            var name = ((YamlScalarNode)key).Value!;
            if (fields.TryGetValue(name, out var field))
                Value(value, field, $"{path}.{name}");
            else
                _mistakes.Add($"{path}.{name}: {type.Name} has no such field");
        }
    }

    private void Items(YamlSequenceNode list, Type type, string path)
    {
        if (IsAnything(type))
            return;
        if (ItemOf(type) is not { } itemType)
        {
            _mistakes.Add($"{path}: a list where {type.Name} belongs");
            return;
        }

        foreach (var (index, item) in list.Index())
            Value(item, itemType, $"{path}[{index}]");
    }

    private void Scalar(YamlScalarNode scalar, Type type, string path)
    {
        var kind = KindOf(scalar);
        if (IsAnything(type))
            return;
        // A field without a value is as good as none, but it is never meant.
        if (kind == ScalarKind.Null)
            _mistakes.Add($"{path}: has no value");
        else if (!Fits(kind, scalar.Value!, type))
            _mistakes.Add($"{path}: {scalar.Value} ({kind}) where {type.Name} belongs");
    }

    private static bool Fits(ScalarKind kind, string text, Type type)
    {
        if (type == typeof(string))
            return kind == ScalarKind.Text;
        if (type == typeof(bool))
            return kind == ScalarKind.Bool;
        if (type == typeof(int))
            return kind == ScalarKind.Int && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
        if (type == typeof(long))
            return kind == ScalarKind.Int;
        if (type == typeof(double))
            return kind is ScalarKind.Int or ScalarKind.Float;
        if (type == typeof(ResourceQuantity))
            return Quantity().IsMatch(text);
        return type.Name.Contains("IntOrString", StringComparison.OrdinalIgnoreCase)
            && kind is ScalarKind.Int or ScalarKind.Text;
    }

    private static ScalarKind KindOf(YamlScalarNode scalar)
    {
        if (scalar.Style != ScalarStyle.Plain)
            return ScalarKind.Text;
        return scalar.Value switch
        {
            null or "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
            var word when Bool().IsMatch(word) => ScalarKind.Bool,
            var word when Int().IsMatch(word) => ScalarKind.Int,
            var word when Float().IsMatch(word) => ScalarKind.Float,
            _ => ScalarKind.Text,
        };
    }

    private static Dictionary<string, Type> FieldsOf(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.GetCustomAttribute<JsonPropertyNameAttribute>() is not null)
        .ToDictionary(property => property.GetCustomAttribute<JsonPropertyNameAttribute>()!.Name, property => property.PropertyType);

    private static bool IsAnything(Type type) => type == typeof(object) || type == typeof(JsonElement);

    private static bool IsLeaf(Type type)
        => type.IsPrimitive || type == typeof(string) || type == typeof(ResourceQuantity)
            || type.Name.Contains("IntOrString", StringComparison.OrdinalIgnoreCase);

    private static Type? ValueOfMap(Type type)
        => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>) ? type.GetGenericArguments()[1] : null;

    private static Type? ItemOf(Type type)
        => type != typeof(string) && type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) && ValueOfMap(type) is null
            ? type.GetGenericArguments()[0]
            : null;

    [GeneratedRegex("^(y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$")]
    private static partial Regex Bool();

    [GeneratedRegex("^[-+]?(0|[1-9][0-9_]*|0[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+|0o[0-7_]+)$")]
    private static partial Regex Int();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$")]
    private static partial Regex Float();

    [GeneratedRegex(@"^[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+|[KMGTPE]i|[numkMGTPE])?$")]
    private static partial Regex Quantity();

    private enum ScalarKind
    {
        Text,
        Int,
        Float,
        Bool,
        Null,
    }
}
