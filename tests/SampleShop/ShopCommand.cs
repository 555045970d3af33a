using System.CommandLine;
using MongoDB.Driver;

namespace Migration.SampleShop;

/// <summary>The command line: options to generator, counts and destination.</summary>
internal sealed class ShopCommand : RootCommand
{
    private const string FromEnvironment = "env:";

    private readonly Option<long> _products = new("--products") { Description = "Number of products", DefaultValueFactory = _ => 50_000 };
    private readonly Option<long?> _customers = new("--customers") { Description = "Number of customers [default: a fifth of the products]" };
    private readonly Option<long?> _orders = new("--orders") { Description = "Number of orders [default: four fifths of the products]" };
    private readonly Option<int> _bad = new("--bad") { Description = "How many of the products cannot be migrated", DefaultValueFactory = _ => ShopCounts.DefaultBad };
    private readonly Option<int> _seed = new("--seed") { Description = "The same seed and counts give the same bytes", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _imageBase = new("--image-base") { Description = "What image links begin with", DefaultValueFactory = _ => ShopGenerator.DefaultImageBase };
    private readonly Option<string?> _output = new("--output") { Description = "Folder for a dump as mongodump lays it out", HelpName = "DIR" };
    private readonly Option<bool> _json = new("--json") { Description = "With --output: canonical extended JSON lines instead of BSON" };
    private readonly Option<bool> _gzip = new("--gzip") { Description = "With --output: compress the files" };
    private readonly Option<string?> _mongodb = new("--mongodb") { Description = "Server to load into: a connection string, or env:NAME to read it from a variable", HelpName = "URI" };
    private readonly Option<string> _database = new("--database") { Description = "Database, and the dump's folder", DefaultValueFactory = _ => "shop" };
    private readonly Option<bool> _drop = new("--drop") { Description = "With --mongodb: drop the three collections first" };
    private readonly Option<string?> _expected = new("--expected") { Description = "With --mongodb: file for what --output writes as expected.json", HelpName = "FILE" };

    public ShopCommand()
        : base("Makes a sample shop (products, customers, orders), among it products that cannot be migrated.")
    {
        foreach (var option in (Option[])[_products, _customers, _orders, _bad, _seed, _imageBase, _output, _json, _gzip, _mongodb, _database, _drop, _expected])
            Options.Add(option);
        Validators.Add(result =>
        {
            if (result.GetValue(_output) is null == result.GetValue(_mongodb) is null)
                result.AddError("Pass one of --output DIR and --mongodb URI.");
        });
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult options, CancellationToken cancellation)
    {
        try
        {
            var expectation = await MakeAsync(options, cancellation);
            foreach (var line in expectation.Summary())
                Console.WriteLine(line);
            return 0;
        }
        catch (Exception failure) when (failure is ArgumentException or InvalidOperationException or IOException
            or UnauthorizedAccessException or MongoException)
        {
            await Console.Error.WriteLineAsync($"sample-shop: {failure.Message}");
            return 1;
        }
    }

    private async Task<ShopExpectation> MakeAsync(ParseResult options, CancellationToken cancellation)
    {
        var generator = new ShopGenerator(options.GetValue(_seed), options.GetValue(_imageBase)!.TrimEnd('/'));
        var counts = new ShopCounts(
            options.GetValue(_products), options.GetValue(_customers), options.GetValue(_orders), options.GetValue(_bad));
        var database = options.GetValue(_database)!;
        if (options.GetValue(_output) is { } directory)
        {
            var format = options.GetValue(_json) ? DumpFormat.Json : DumpFormat.Bson;
            return await ShopDump.WriteAsync(generator, counts, directory, new(format, options.GetValue(_gzip), database), cancellation);
        }

        using var client = Connect(options.GetValue(_mongodb)!);
        var expectation = await LoadAsync(generator, counts, client.GetDatabase(database), options.GetValue(_drop), cancellation);
        if (options.GetValue(_expected) is { } path)
            await expectation.WriteAsync(path, cancellation);
        return expectation;
    }

    private static async Task<ShopExpectation> LoadAsync(
        ShopGenerator generator, ShopCounts counts, IMongoDatabase database, bool drop, CancellationToken cancellation)
    {
        try
        {
            return await ShopServer.LoadAsync(generator, counts, database, drop, cancellation);
        }
        catch (TimeoutException timeout)
        {
            // The driver's message is a page of its state, stack trace included.
            var hosts = string.Join(", ", database.Client.Settings.Servers);
            throw new InvalidOperationException($"--mongodb: {hosts} did not answer in time.", timeout);
        }
    }

    private static MongoClient Connect(string uri)
    {
        if (uri.StartsWith(FromEnvironment, StringComparison.Ordinal))
            uri = Environment.GetEnvironmentVariable(uri[FromEnvironment.Length..])
                ?? throw new ArgumentException($"--mongodb {uri}: the variable is not set.");
        try
        {
            return new MongoClient(uri);
        }
        catch (MongoConfigurationException)
        {
            // The driver's message repeats the connection string, password and all.
            throw new ArgumentException("--mongodb: not a connection string; it begins with mongodb:// or mongodb+srv://.");
        }
    }
}
