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
        var width = collection.Columns.Max(column => Math.Min(LongestPadded, Definition(column).Length));
        foreach (var column in collection.Columns)
            WriteColumn(text, collection, column, width);
        WriteUnmapped(text, collection);
        return text.ToString();
    }

    private static void WriteColumn(StringBuilder text, InferredCollection collection, InferredColumn column, int width)
    {
        foreach (var line in ColumnComments.Above(collection, column))
            text.Append("      # ").Append(line).Append('\n');
        text.Append("      ").Append(Definition(column).PadRight(width)).Append("  # ").Append(ColumnComments.Beside(column, collection.Profile.Seen)).Append('\n');
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

    private static void WriteUnmapped(StringBuilder text, InferredCollection collection)
    {
        const int MostShown = 20;
        text.Append("    # All that no column takes whole: fields that the sample did not show, and subdocuments of which columns hold parts.\n");
        foreach (var left in collection.LeftOut.Take(MostShown))
            text.Append("    #   ").Append(left).Append('\n');
        if (collection.LeftOut.Count > MostShown)
            text.Append(FormattableString.Invariant($"    #   and {collection.LeftOut.Count - MostShown:N0} more paths\n"));
        text.Append("    unmapped: { column: ").Append(YamlScalar.Value(collection.UnmappedColumn)).Append(" }\n");
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
