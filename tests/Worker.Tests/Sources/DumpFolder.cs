using System.IO.Compression;
using Migration.Contracts.Migrations;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Sources;

/// <summary>A folder of its own for a test's dumps.</summary>
internal sealed class DumpFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("migration-dump-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public string Write(string name, IEnumerable<BsonDocument> documents) =>
        Write(name, documents.SelectMany(document => document.ToBson()).ToArray());

    public string Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[name])!);
        using Stream file = File.Create(this[name]);
        using var stream = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write(bytes);
        return this[name];
    }

    public Task<ICollectionSource> OpenAsync(string collection, string? filter = null, string? uri = null, string? database = null) =>
        SourceOpener.OpenAsync(new SourceSettings { Uri = uri ?? Path, Database = database }, Mapping(collection, filter), TestContext.Current.CancellationToken);

    public static CollectionMapping Mapping(string collection, string? filter = null) => new()
    {
        Name = collection,
        Filter = filter,
        Table = new TableName("public", collection),
        PrimaryKey = ["id"],
        Columns = [],
    };

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
