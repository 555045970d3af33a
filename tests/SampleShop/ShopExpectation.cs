using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Migration.SampleShop;

/// <summary>A product that cannot be migrated.</summary>
/// <param name="Id">The ObjectId's 24 hexadecimal digits.</param>
/// <param name="Index">Its place in the collection, from 0.</param>
public sealed record BadProduct(string Id, long Index, BadKind Kind);

/// <param name="Count">All documents, bad ones included.</param>
/// <param name="Bad">Those that cannot be migrated.</param>
/// <param name="Bytes">Of BSON, or of JSON text with line ends; before compression.</param>
public sealed record CollectionExpectation(long Count, long Bad, long Bytes);

/// <summary>What a migration of the shop must find: the content of <c>expected.json</c>.</summary>
public sealed record ShopExpectation(
    int Seed,
    IReadOnlyDictionary<string, CollectionExpectation> Collections,
    IReadOnlyDictionary<BadKind, int> Bad,
    IReadOnlyList<BadProduct> BadProducts)
{
    public const string FileName = "expected.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public static async Task<ShopExpectation> ReadAsync(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<ShopExpectation>(file, Json, cancellation)
            ?? throw new InvalidDataException($"{path} holds no expectation.");
    }

    public async Task WriteAsync(string path, CancellationToken cancellation) =>
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(this, Json) + "\n", cancellation);

    /// <summary>One line a collection.</summary>
    public IEnumerable<string> Summary() => Collections.Select(collection => SummaryOf(collection.Key, collection.Value));

    internal static ShopExpectation Of(ShopGenerator generator, ShopCounts counts, IReadOnlyDictionary<string, long> bytes)
    {
        var bad = generator.BadProducts(counts).ToList();
        return new(
            generator.Seed,
            generator.Collections(counts).ToDictionary(
                collection => collection.Name,
                collection => new CollectionExpectation(collection.Count, collection.Name == "products" ? bad.Count : 0, bytes[collection.Name])),
            Enum.GetValues<BadKind>().ToDictionary(kind => kind, kind => bad.Count(product => product.Kind == kind)),
            bad);
    }

    private string SummaryOf(string name, CollectionExpectation collection)
    {
        var average = collection.Count == 0 ? 0 : collection.Bytes / collection.Count;
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {collection.Count:N0} documents, {collection.Bytes:N0} bytes ({average} each)");
        return collection.Bad == 0 ? line : $"{line}, {collection.Bad} bad ({Kinds()})";
    }

    private string Kinds() => string.Join(
        ", ",
        Bad.Where(kind => kind.Value > 0).Select(kind => $"{kind.Value} {JsonNamingPolicy.KebabCaseLower.ConvertName(kind.Key.ToString())}"));
}
