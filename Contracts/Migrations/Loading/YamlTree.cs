using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>
/// Builds nodes from the parser's events. The library's own representation model is not used because it throws at the
/// first duplicate key; here duplicates are mistakes like any other and reading goes on.
/// </summary>
internal sealed class YamlTree(Mistakes mistakes)
{
    // Deeper nesting than any mapping or filter needs; it keeps the recursion below off the stack's end.
    private const int DeepestNesting = 100;

    private readonly Dictionary<string, YamlNode> anchors = new(StringComparer.Ordinal);

    /// <summary>The document's top map, or null after adding a mistake.</summary>
    public YamlMap? Read(string text)
    {
        try
        {
            return ReadDocument(new Parser(new StringReader(text)));
        }
        catch (YamlException e)
        {
            AddSyntaxMistake(e, text);
            return null;
        }
    }

    // For a tab the parser names the place where the surrounding map began, which may be the file's first line.
    private void AddSyntaxMistake(YamlException e, string text)
    {
        var line = Array.FindIndex(text.Split('\n'), l => l.TrimStart(' ').StartsWith('\t'));
        if (line >= 0 && e.Message.Contains("tab", StringComparison.Ordinal))
        {
            mistakes.Add(new Place(line + 1, 1), "this is not YAML: a tab stands in the indentation; expected blanks");
            return;
        }

        mistakes.Add(Place.Of(e.Start), $"this is not YAML: {Reason(e)}");
    }

    // The parser's messages name what it was scanning; the few that repeat the file's text are cut.
    private static string Reason(YamlException e)
    {
        var reason = e.Message.Contains("://", StringComparison.Ordinal) ? "the text cannot be read" : e.Message.TrimEnd('.');
        return reason.Contains("flow", StringComparison.Ordinal) ? reason + " (within { } and [ ], a value with one of { } [ ] , in it, such as ${NAME} or text[], needs quotes)" : reason;
    }

    private YamlMap? ReadDocument(Parser parser)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            mistakes.Add(Place.None, "the file is empty; expected the keys source, target and collections");
            return null;
        }

        parser.Consume<DocumentStart>();
        var root = ReadNode(parser, depth: 0);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
        {
            mistakes.Add(Place.Of(second.Start), "a second YAML document begins here; expected one migration a file");
        }

        return AsTopMap(root);
    }

    private YamlMap? AsTopMap(YamlNode root)
    {
        if (root is YamlMap map)
        {
            return map;
        }

        mistakes.Add(root.Place, $"the file {(root.IsNull ? "holds nothing" : $"holds {root.Kind}")}; expected the keys source, target and collections");
        return null;
    }

    private YamlNode ReadNode(Parser parser, int depth)
    {
        if (depth > DeepestNesting)
        {
            throw new YamlException(parser.Current!.Start, parser.Current.End, $"values are nested more than {DeepestNesting} deep");
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return Aliased(alias);
        }

        var start = parser.Require<NodeEvent>();
        YamlNode node = start switch
        {
            Scalar => ReadText(parser.Consume<Scalar>()),
            SequenceStart => ReadList(parser, depth),
            _ => ReadMap(parser, depth),
        };
        if (!start.Anchor.IsEmpty)
        {
            anchors[start.Anchor.Value] = node;
        }

        return node;
    }

    private YamlNode Aliased(AnchorAlias alias)
    {
        if (anchors.TryGetValue(alias.Value.Value, out var node))
        {
            return node;
        }

        throw new YamlException(alias.Start, alias.End, $"the alias {Shown.Text(alias.Value.Value)} stands before its anchor, or has none");
    }

    private YamlText ReadText(Scalar scalar)
    {
        var place = Place.Of(scalar.Start);
        var isString = scalar.Style != ScalarStyle.Plain;
        if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific)
        {
            isString = scalar.Tag.Value == "tag:yaml.org,2002:str";
            if (!isString)
            {
                mistakes.Add(place, "a YAML tag stands before the value; expected none, or !!str");
            }
        }

        return new YamlText(place, scalar.Value, isString);
    }

    private YamlList ReadList(Parser parser, int depth)
    {
        var start = parser.Consume<SequenceStart>();
        var items = new List<YamlNode>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(parser, depth + 1));
        }

        return new YamlList(Place.Of(start.Start), items);
    }

    private YamlMap ReadMap(Parser parser, int depth)
    {
        var start = parser.Consume<MappingStart>();
        var entries = new List<KeyValuePair<YamlText, YamlNode>>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = ReadNode(parser, depth + 1);
            var value = ReadNode(parser, depth + 1);
            if (AcceptsKey(key, lines))
            {
                entries.Add(new((YamlText)key, value));
            }
        }

        return new YamlMap(Place.Of(start.Start), entries);
    }

    private bool AcceptsKey(YamlNode key, Dictionary<string, int> lines)
    {
        if (key is not YamlText text)
        {
            mistakes.Add(key.Place, $"a key is {key.Kind}; expected a word");
            return false;
        }

        if (text.Raw.Contains("${", StringComparison.Ordinal))
        {
            mistakes.Add(key.Place, "a key holds '${'; placeholders are replaced in values only");
            return false;
        }

        if (lines.TryAdd(text.Raw, key.Place.Line))
        {
            return true;
        }

        mistakes.Add(key.Place, $"the key {Shown.Text(text.Raw)} is already on line {lines[text.Raw]}; expected it once");
        return false;
    }
}
