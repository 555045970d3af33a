using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Migration.Benchmarks.Scenarios;
using Migration.Contracts.Migrations;
using Migration.Worker.Sources;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Migration.Benchmarks.Commands;

/// <summary>What scenarios start as processes of their own: each reads the one collection of a migration file, and prints how long that took.</summary>
internal static class ReadingCommands
{
    /// <summary>The planner's walk over all keys.</summary>
    public const string Walk = "walk";

    /// <summary>All <c>_id</c>s of a server once, by its index and through the driver.</summary>
    public const string Keys = "keys";

    /// <summary>All documents of a server once, through the driver and undecoded.</summary>
    public const string Documents = "documents";

    /// <summary>What a planner would choose for a large collection.</summary>
    private const int RecordsPerSlice = 50_000;

    private static readonly Argument<string> s_file = new("FILE");

    public static IEnumerable<Command> Create() =>
        [Create(Walk, WalkAsync), Create(Keys, ReadKeysAsync), Create(Documents, ReadDocumentsAsync)];

    private static Command Create(string name, Func<MigrationFile, CancellationToken, Task<ReadingTime>> read)
    {
        var command = new Command(name) { s_file };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            var file = MigrationFileLoader.Load(parsed.GetValue(s_file)!, Environment.GetEnvironmentVariable);
            Console.WriteLine(JsonSerializer.Serialize(await read(file, cancellation)));
        });
        return command;
    }

    private static async Task<ReadingTime> WalkAsync(MigrationFile file, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        await using var source = await SourceOpener.OpenAsync(file.Source, file.Collections[0], cancellation);
        var (keys, slices) = (0L, 0);
        await foreach (var slice in source.CutAsync(RecordsPerSlice, cancellation))
            (keys, slices) = (keys + slice.Limit, slices + 1);
        return new ReadingTime(keys, slices, watch.Elapsed.TotalSeconds);
    }

    private static Task<ReadingTime> ReadKeysAsync(MigrationFile file, CancellationToken cancellation)
        => ReadAsync(
            file, new FindOptions<RawBsonDocument>
            {
                Projection = new BsonDocument("_id", 1),
                Sort = new BsonDocument("_id", 1),
                Hint = new BsonDocument("_id", 1),
            },
            cancellation);

    private static Task<ReadingTime> ReadDocumentsAsync(MigrationFile file, CancellationToken cancellation)
        => ReadAsync(file, new FindOptions<RawBsonDocument> { Sort = new BsonDocument("_id", 1) }, cancellation);

    private static async Task<ReadingTime> ReadAsync(MigrationFile file, FindOptions<RawBsonDocument> options, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        using var client = new MongoClient(file.Source.Uri);
        var collection = client.GetDatabase(file.Source.Database).GetCollection<RawBsonDocument>(file.Collections[0].Name);
        using var cursor = await collection.FindAsync(FilterDefinition<RawBsonDocument>.Empty, options, cancellation);
        var records = 0L;
        while (await cursor.MoveNextAsync(cancellation))
        {
            foreach (var document in cursor.Current)
            {
                records++;
                document.Dispose();
            }
        }

        return new ReadingTime(records, null, watch.Elapsed.TotalSeconds);
    }
}
