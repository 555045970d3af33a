using System.Text;
using System.Text.RegularExpressions;
using Migration.Contracts.Migrations;

namespace Migration.Coordinator.Inference;

/// <summary>A migration file, commented, that runs as it is. It holds no connection that could hold a secret.</summary>
/// <param name="Source">Where the sample came from. Written only where it is a dump's path.</param>
internal sealed partial record InferredFile(SourceSettings Source, IReadOnlyList<InferredCollection> Collections)
{
    /// <summary>What else is in the database or dump, each with why it is left out: what cannot be read as a collection.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>The JSON schema's file, which is written beside the migration file.</summary>
    public const string SchemaFile = "migration.schema.json";

    /// <summary>Comments begin behind the longest definition that is not beyond this.</summary>
    private const int LongestPadded = 84;

    private string Name => Collections.Count == 0 ? "inferred" : PlainName(Source.Database ?? Collections[0].Profile.Name);

    private string Schema => SchemaOf(Source.Database);

    /// <summary>The file's text.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        WriteHead(text);
        text.Append("name: ").Append(YamlScalar.Value(Name)).Append("\n\nsource:\n");
        if (!Source.IsServer)
            text.Append("  uri: ").Append(YamlScalar.Value(Source.Uri)).Append('\n');
        if (Source.Database is { } database)
            text.Append("  database: ").Append(YamlScalar.Value(database)).Append('\n');
        text.Append("\ntarget:\n  schema: ").Append(YamlScalar.Value(Schema)).Append("\n\ncollections:\n");
        text.AppendJoin('\n', Collections.Select(OfCollection));
        return text.ToString();
    }

    private void WriteHead(StringBuilder text)
    {
        text.Append("# yaml-language-server: $schema=").Append(SchemaFile).Append('\n')
            .Append("# Made by 'coordinator infer' from a sample. It runs as it is; read it first, and see what\n")
            .Append("# 'coordinator check' says of it: it tries records that the sample did not hold.\n#\n");
        foreach (var profile in Collections.Select(collection => collection.Profile))
            text.Append("#   ").Append(CommentText.Safe(profile.Name)).Append(": ").Append(Seen(profile)).Append('\n');
        foreach (var other in LeftOut)
            text.Append("#   left out: ").Append(CommentText.Safe(other)).Append('\n');
        text.Append("#\n# Set in the environment, as passwords have no place in a file:\n");
        if (Source.IsServer)
            text.Append("#   MIGRATION_SOURCE=").Append(CommentText.Safe(ConnectionText.Describe(Source.Uri))).Append("   with its password and options\n");
        text.Append("#   MIGRATION_TARGET=postgres://user:password@host:port/database\n")
            .Append("# Beside each column: in how many of the documents seen its path is, and the types of its values.\n");
    }

    private static string Seen(CollectionProfile profile)
    {
        var unreadable = profile.Unreadable == 0 ? "" : FormattableString.Invariant($"; {profile.Unreadable:N0} more could not be read");
        return FormattableString.Invariant($"{profile.Seen:N0} of {profile.Total:N0} documents seen, spread over all keys{unreadable}");
    }

    private static string OfCollection(InferredCollection collection)
    {
        var text = new StringBuilder();
        text.Append("  - name: ").Append(YamlScalar.Value(collection.Profile.Name)).Append('\n')
            .Append("    table: ").Append(YamlScalar.Value(collection.Table)).Append('\n')
            .Append("    primaryKey: ").Append(YamlScalar.Value(collection.Key.Name)).Append("\n    columns:\n");
        WriteColumns(text, "      ", collection.Columns, column => ColumnComments.Above(collection, column), collection.Profile.Seen);
        WriteUnmapped(text, "    ", collection.LeftOut, collection.UnmappedColumn);
        WriteChildren(text, "    ", collection.Fields.Children);
        return text.ToString();
    }

    private static void WriteChildren(StringBuilder text, string indent, IReadOnlyList<InferredChild> children)
    {
        if (children.Count == 0)
            return;
        text.Append(indent).Append("# An array that is missing, null or empty has no rows, and cannot be told from the other two.\n")
            .Append(indent).Append("children:\n");
        foreach (var child in children)
            WriteChild(text, indent + "  ", child);
    }

    private static void WriteChild(StringBuilder text, string indent, InferredChild child)
    {
        var inner = indent + "  ";
        text.Append(indent).Append("- path: ").Append(Path(child.Path)).Append(FormattableString.Invariant($"  # at most {child.Field.LongestArray:N0} in one\n"))
            .Append(inner).Append("table: ").Append(YamlScalar.Value(child.Table)).Append('\n')
            .Append(inner).Append("parentKey: [").AppendJoin(", ", child.ParentKey.Select(YamlScalar.Value)).Append("]\n")
            .Append(inner).Append("ordinal: ").Append(YamlScalar.Value(child.Ordinal)).Append('\n');
        text.Append(inner).Append("columns:\n");
        WriteColumns(text, inner + "  ", child.Fields.Columns, ColumnComments.Above, child.Field.Elements!.Values);
        WriteUnmapped(text, inner, child.Fields.LeftOut, child.UnmappedColumn);
        WriteChildren(text, inner, child.Fields.Children);
    }

    private static void WriteColumns(
        StringBuilder text, string indent, IReadOnlyList<InferredColumn> columns, Func<InferredColumn, IEnumerable<string>> above, long seen)
    {
        var width = columns.Max(column => Math.Min(LongestPadded, Definition(column).Length));
        foreach (var column in columns)
        {
            foreach (var line in above(column))
                text.Append(indent).Append("# ").Append(line).Append('\n');
            text.Append(indent).Append(Definition(column).PadRight(width)).Append("  # ").Append(ColumnComments.Beside(column, seen)).Append('\n');
        }
    }

    private static string Definition(InferredColumn column)
    {
        var type = column.Choice.Type.IsArray ? $"\"{column.Choice.Type}\"" : column.Choice.Type.ToString();
        var value = column.Path is [var only] && only == column.Name ? type : $"{{ path: {Path(column.Path)}, type: {type} }}";
        return $"{YamlScalar.Key(column.Name)}: {value}";
    }

    /// <summary>A list where a name itself holds a dot.</summary>
    private static string Path(IReadOnlyList<string> path) => path.Any(name => name.Contains('.', StringComparison.Ordinal))
        ? $"[{string.Join(", ", path.Select(YamlScalar.Value))}]"
        : YamlScalar.Value(string.Join('.', path));

    private static void WriteUnmapped(StringBuilder text, string indent, IReadOnlyList<string> leftOut, string column)
    {
        const int MostShown = 20;
        text.Append(indent).Append("# All that no column takes whole: fields that the sample did not show, and subdocuments of which columns hold parts.\n");
        foreach (var left in leftOut.Take(MostShown))
            text.Append(indent).Append("#   ").Append(left).Append('\n');
        if (leftOut.Count > MostShown)
            text.Append(indent).Append(FormattableString.Invariant($"#   and {leftOut.Count - MostShown:N0} more paths\n"));
        text.Append(indent).Append("unmapped: { column: ").Append(YamlScalar.Value(column)).Append(" }\n");
    }

    /// <summary>The database's name, so that the tables stand together; what PostgreSQL or the ledger keep for themselves is left alone.</summary>
    internal static string SchemaOf(string? database)
    {
        var plain = database is null ? "public" : new ColumnNames().Take([database]);
        return plain == "migration" || plain.StartsWith("pg_", StringComparison.Ordinal) ? "public" : plain;
    }

    private static string PlainName(string text)
    {
        var name = NoRunName().Replace(text, "-").Trim('-', '.', '_');
        name = name[..Math.Min(name.Length, 63)].Trim('-', '.', '_');
        return name.Length == 0 ? "inferred" : name;
    }

    [GeneratedRegex("[^A-Za-z0-9._-]+")]
    private static partial Regex NoRunName();
}
