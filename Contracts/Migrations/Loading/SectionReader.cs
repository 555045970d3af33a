using System.Globalization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// A cursor over one map of the file. Every method returns something usable after adding a mistake, so that reading goes
/// on and one pass finds everything; the model that comes of it is thrown away.
/// </summary>
internal sealed class SectionReader
{
    private readonly YamlMap map;
    private readonly bool isUsable;

    /// <param name="name">What messages call the section, e.g. <c>source</c>; empty at the top.</param>
    /// <param name="node">The section's node; null when the file has none.</param>
    /// <param name="keys">Every key that the section knows.</param>
    public SectionReader(string name, YamlNode? node, Place place, IReadOnlyCollection<string> keys, LoadContext context)
    {
        (Name, Context) = (name, context);
        isUsable = node is null or YamlMap;
        map = node as YamlMap ?? new YamlMap(node?.Place ?? place, []);
        if (!isUsable)
        {
            context.Mistakes.Add(map.Place, $"{name} {node!.Is}; expected the keys {string.Join(", ", keys)}");
        }

        foreach (var (key, _) in map.Entries.Where(e => !keys.Contains(e.Key.Raw)))
        {
            var where = name.Length == 0 ? "" : $" in {name}";
            context.Mistakes.Add(key.Place, $"unknown key {Shown.Text(key.Raw)}{where}{NearestWord.Hint(key.Raw, keys)}");
        }
    }

    public string Name { get; }

    public LoadContext Context { get; }

    public Place Place => map.Place;

    public YamlNode? Find(string key) => map.Find(key);

    public Place PlaceOf(string key) => Find(key)?.Place ?? Place;

    public string Label(string key) => Name.Length == 0 ? key : $"{Name}.{key}";

    public void Mistake(string key, string text) => Context.Mistakes.Add(PlaceOf(key), $"{Label(key)} {text}");

    /// <summary>Adds that a key is missing, unless the section itself was already found wrong.</summary>
    public void Missing(string key, string expected)
    {
        if (isUsable)
        {
            Context.Mistakes.Add(Place, $"{Label(key)} is missing; expected {expected}");
        }
    }

    public SectionReader Section(string key, IReadOnlyCollection<string> keys) =>
        new(Label(key), Find(key), Place, keys, Context);

    /// <summary>The key's text with placeholders replaced; null when the key is absent or wrong.</summary>
    public string? Text(string key, string expected = "a text") =>
        Find(key) is { } node ? TextOf(node, Label(key), expected) : null;

    /// <summary>A node's text with placeholders replaced, not empty; null after adding a mistake.</summary>
    public string? TextOf(YamlNode node, string label, string expected)
    {
        if (node is not YamlText text || node.IsNull)
        {
            Context.Mistakes.Add(node.Place, $"{label} {node.Is}; expected {expected}");
            return null;
        }

        var value = Context.Placeholders.Replace(text);
        if (value is { Length: 0 })
        {
            Context.Mistakes.Add(node.Place, $"{label} is empty; expected {expected}");
            return null;
        }

        return value;
    }

    public int? WholeNumber(string key, IntRange range)
    {
        if (Text(key, range.Expected) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && range.Holds(number))
        {
            return number;
        }

        Mistake(key, $"is {Raw(key)}; expected {range.Expected}");
        return null;
    }

    public bool? Flag(string key)
    {
        switch (Text(key, "true or false"))
        {
            case null:
                return null;
            case "true" or "True" or "TRUE":
                return true;
            case "false" or "False" or "FALSE":
                return false;
            default:
                Mistake(key, $"is {Raw(key)}; expected true or false");
                return null;
        }
    }

    /// <summary>One of a few words; null when absent or wrong.</summary>
    /// <param name="alternative">What else the key takes, for the message.</param>
    public string? Choice(string key, IReadOnlyCollection<string> words, string alternative = "")
    {
        var text = Text(key, string.Join(" | ", words) + alternative);
        if (text is null || words.Contains(text))
        {
            return text;
        }

        // Compared as written: what a placeholder brought in must not show through the hint.
        var raw = ((YamlText)Find(key)!).Raw;
        Mistake(key, $"is {Shown.Text(raw)}{NearestWord.Hint(raw, words)}{alternative}");
        return null;
    }

    /// <summary>A text, or a list of texts, each with what is written in its place; empty when absent or wrong.</summary>
    public IReadOnlyList<(string Value, string Raw)> Texts(string key, string expected)
    {
        var items = Find(key) switch
        {
            null => [],
            YamlList { Items.Count: > 0 } list => list.Items,
            YamlText text => [text],
            var node => Wrong(node, key, expected),
        };
        return [.. items
            .Select(item => (Value: TextOf(item, Label(key), expected)!, Raw: (item as YamlText)?.Raw!))
            .Where(item => item.Value is not null)];
    }

    /// <summary>The entries of a map with at least one; none when absent or wrong.</summary>
    public IReadOnlyList<KeyValuePair<YamlText, YamlNode>> Entries(string key, string expected)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case YamlMap { Entries.Count: > 0 } found:
                return found.Entries;
            case var node:
                Mistake(key, $"{(node is YamlMap ? "is empty" : node.Is)}; expected {expected}");
                return [];
        }
    }

    /// <summary>The value as written, for messages; what placeholders stand for stays hidden.</summary>
    public string Raw(string key) => Find(key) is YamlText text ? Shown.Text(text.Raw) : "missing";

    private List<YamlNode> Wrong(YamlNode node, string key, string expected)
    {
        Mistake(key, $"{(node is YamlList ? "is an empty list" : node.Is)}; expected {expected}");
        return [];
    }
}
