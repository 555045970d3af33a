using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Migration.Benchmarks.Measuring;

namespace Migration.Benchmarks.Preparing;

/// <summary>
/// The products, in a folder that is kept from one call to the next: a dump, and the very same rows as COPY's binary files
/// (whole, and in two halves), which PostgreSQL wrote after a migration by us. Each is made when first asked for.
/// </summary>
internal sealed class BenchData
{
    /// <summary>COPY's binary file of all rows.</summary>
    public const string Copy = "products.copy";

    private readonly string _folder;
    private readonly string _key;

    private BenchData(long products, string folder, string key) => (Products, _folder, _key) = (products, folder, key);

    public static IReadOnlyList<string> Halves { get; } = ["products-1.copy", "products-2.copy"];

    public long Products { get; }

    /// <summary>The dump's root; the database's folder below it is <c>shop</c>.</summary>
    public string DumpFolder => Path.Combine(_folder, "dump");

    public string DumpFile => Path.Combine(DumpFolder, "shop", $"{ProductsFile.Name}.bson");

    /// <summary>Where <see cref="Copy"/> and <see cref="Halves"/> are.</summary>
    public string CopyFolder => _folder;

    /// <summary>Of the rows, once the COPY files are there.</summary>
    public string Checksum { get; private set; } = "";

    /// <param name="root">Holds a folder for each number of products.</param>
    public static BenchData In(string root, long products)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, products.ToString(System.Globalization.CultureInfo.InvariantCulture))).FullName;
        // Other rows, or another table, and everything is made anew.
        var key = SHA256.HashData([.. Encoding.UTF8.GetBytes(ProductsFile.Table + ProductsFile.Migration("shop")), .. File.ReadAllBytes(Repository.SampleShop)]);
        return new BenchData(products, folder, Convert.ToHexStringLower(key));
    }

    public async Task MakeDumpAsync(CancellationToken cancellation)
    {
        if (Stamp("dump") is not null)
            return;
        await Console.Error.WriteLineAsync($"Making a dump of {Products:N0} products.");
        await Programs.OutputAsync(
            Programs.Dotnet(
                Repository.SampleShop, "--products", $"{Products}", "--customers", "1", "--orders", "0", "--bad", "0", "--output", DumpFolder),
            cancellation);
        Stamp("dump", "");
    }

    public async Task MakeCopiesAsync(BenchServer server, CancellationToken cancellation)
    {
        await MakeDumpAsync(cancellation);
        if (Stamp("copies") is { } checksum)
        {
            Checksum = checksum;
            return;
        }

        await Console.Error.WriteLineAsync("Migrating it once, for the files that psql will read.");
        await using var database = await server.CreateAsync(cancellation);
        await Programs.RunAsync([OwnRun.Program(_folder, ProductsFile.Migration("shop"), DumpFolder, database.Uri, null, ["--in-process", "--workers", "1"])], cancellation);
        await ExportAsync(database, Copy, $"SELECT * FROM {ProductsFile.Name} ORDER BY sku", cancellation);
        await ExportAsync(database, Halves[0], $"SELECT * FROM {ProductsFile.Name} ORDER BY sku LIMIT {Products / 2}", cancellation);
        await ExportAsync(database, Halves[1], $"SELECT * FROM {ProductsFile.Name} ORDER BY sku OFFSET {Products / 2}", cancellation);
        Checksum = await database.ChecksumAsync(cancellation);
        Stamp("copies", Checksum);
    }

    /// <summary>So that no way has to wait for the disk where another finds the file in memory.</summary>
    public async Task WarmUpAsync(CancellationToken cancellation)
    {
        var files = new[] { DumpFile }.Concat(new[] { Copy }.Concat(Halves).Select(name => Path.Combine(CopyFolder, name)));
        foreach (var path in files.Where(File.Exists))
        {
            await using var file = File.OpenRead(path);
            await file.CopyToAsync(Stream.Null, cancellation);
        }
    }

    /// <summary>By the dump's order, which the SKUs have.</summary>
    private async Task ExportAsync(BenchDatabase database, string file, string query, CancellationToken cancellation)
        => await Programs.RunAsync([Psql.Program(database, CopyFolder, $"\\copy ({query}) TO '{file}' (FORMAT binary)")], cancellation);

    private string? Stamp(string part)
    {
        var path = Path.Combine(_folder, part + ".json");
        if (!File.Exists(path))
            return null;
        var stamp = JsonSerializer.Deserialize<DataStamp>(File.ReadAllText(path));
        return stamp?.Key == _key ? stamp.Checksum : null;
    }

    private void Stamp(string part, string checksum)
        => File.WriteAllText(Path.Combine(_folder, part + ".json"), JsonSerializer.Serialize(new DataStamp(_key, checksum)));

    /// <summary>Written last: where it is missing or another's, the part is not whole.</summary>
    private sealed record DataStamp(string Key, string Checksum);
}
