using System.Text.RegularExpressions;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>The enum types that a file lists, by the names that columns' types may then have.</summary>
internal sealed partial class EnumNames
{
    private readonly Dictionary<TableName, EnumType> _types = [];
    private string _defaultSchema = "";

    /// <summary>Begins anew, with the schema of types that name none.</summary>
    public void Begin(string defaultSchema)
    {
        _defaultSchema = defaultSchema;
        _types.Clear();
    }

    /// <summary>False when there is one of its name.</summary>
    public bool Add(EnumType type) => _types.TryAdd(type.Name, type);

    /// <summary>Names for messages; without the schema where it is the default one.</summary>
    public IReadOnlyList<string> Names => [.. _types.Keys.Select(name => name.Schema == _defaultSchema ? name.Name : name.ToString())];

    /// <summary>The column type of this text, e.g. <c>order_state</c> or <c>shop.order_state[]</c>; null when no enum has the name.</summary>
    public ColumnType? Find(string text)
    {
        var match = Shape().Match(text);
        return TableNameText.TryParse(match.Groups["name"].Value, _defaultSchema, out var name, out _) && _types.TryGetValue(name, out var type)
            ? new ColumnType(ColumnKind.Enum, IsArray: match.Groups["array"].Success) { Enum = type }
            : null;
    }

    [GeneratedRegex(@"^\s*(?<name>.*?)\s*(?<array>\[\s*\])?\s*\z", RegexOptions.ExplicitCapture | RegexOptions.Singleline)]
    private static partial Regex Shape();
}
