using Migration.Contracts.Migrations;

namespace Migration.Worker.Sources;

/// <summary>
/// Finds a collection's file in a dump: <c>DIR/database/collection.bson[.gz]</c> as mongodump lays it out,
/// <c>DIR/collection.*</c>, or one file.
/// </summary>
internal sealed class DumpLocator
{
    private static readonly string[] s_extensions =
        [".bson", ".bson.gz", ".json", ".json.gz", ".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz"];

    private readonly string _root;
    private readonly string? _database;

    public DumpLocator(SourceSettings settings)
    {
        _root = Path.GetFullPath(settings.Uri);
        _database = settings.Database;
    }

    /// <exception cref="SourceException">There is no such file, or more than one.</exception>
    public string Find(string collection)
    {
        var files = Files();
        var matches = files.Where(file => CollectionOf(file) == collection).ToList();
        return matches.Count switch
        {
            1 => matches[0],
            0 => throw new SourceException(MissingText(collection, files)),
            _ => throw new SourceException(
                $"the dump {_root} holds collection '{collection}' more than once: {string.Join(", ", matches.Select(Relative))}; "
                + "set source.database to the database's folder, or remove the file that is not meant"),
        };
    }

    public IReadOnlyList<string> Collections() => [.. Files().Select(file => CollectionOf(file)!).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The collection's name, or null when the file is none of a dump's.</summary>
    private static string? CollectionOf(string file)
    {
        var name = Path.GetFileName(file);
        var extension = s_extensions.Where(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)).MaxBy(e => e.Length);
        if (extension is null || name.EndsWith(".metadata.json", StringComparison.Ordinal) || name.EndsWith(".metadata.json.gz", StringComparison.Ordinal))
            return null;
        return Uri.UnescapeDataString(name[..^extension.Length]); // mongodump escapes what a file's name cannot hold
    }

    private List<string> Files()
    {
        if (File.Exists(_root))
            return [CollectionOf(_root) is null ? throw NotADump() : _root];
        if (!Directory.Exists(_root))
            throw new SourceException($"there is no dump at {_root}; source.uri is a server's address (mongodb://...), a dump's folder or a dump's file");
        return [.. Folders().SelectMany(Directory.EnumerateFiles).Where(file => CollectionOf(file) is not null)];
    }

    private IEnumerable<string> Folders()
    {
        if (_database is null)
            return Directory.EnumerateDirectories(_root).Prepend(_root);
        var folder = Path.Combine(_root, _database);
        if (Directory.Exists(folder))
            return [folder];
        return Path.GetFileName(Path.TrimEndingDirectorySeparator(_root)) == _database ? [_root] : throw MissingFolder();
    }

    private SourceException MissingFolder()
    {
        var folders = Directory.EnumerateDirectories(_root).Select(folder => Path.GetFileName(folder)!).ToList();
        return new SourceException(
            $"the dump {_root} has no folder '{_database}'" + NearestName.Hint(_database!, folders) + "; source.database names it");
    }

    private SourceException NotADump() =>
        new($"{_root} is no dump that can be read: known are {string.Join(", ", s_extensions)}");

    private string MissingText(string collection, List<string> files) => File.Exists(_root)
        ? $"the dump {_root} holds collection '{CollectionOf(_root)}', not '{collection}': name the collection as the file, or the file as the collection"
        : $"the dump {_root} holds no collection '{collection}'" + NearestName.Hint(collection, files.Select(file => CollectionOf(file)!));

    private string Relative(string file) => Path.GetRelativePath(_root, file);
}
