using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Migration.TestServers;
using MongoDB.Bson;

namespace Migration.Chaos.Tests;

/// <summary>
/// The service that a schedule's products are enriched at: it knows their places, and has the photos that they link to. Of
/// those that are asked for the first time some fail, are told to come later, or wait, as the seed and the product say; asked
/// again each is answered.
/// </summary>
internal sealed class PlaceService : IAsyncDisposable
{
    private static readonly byte[] Png = [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n'];

    private readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.Ordinal);
    private readonly int _seed;
    private readonly string? _photos;
    private TestService? _service;
    private int _troubled;

    private PlaceService(int seed, string? photos) => (_seed, _photos) = (seed, photos);

    /// <summary>Calls, and how many of them were not answered well at once.</summary>
    public (int All, int Troubled) Calls => (_service!.Calls, _troubled);

    /// <summary>What the target must hold of products.</summary>
    public ShopTable Products => ShopTable.Products with
    {
        Columns = [.. ShopTable.Products.Columns, new("place", document => PlaceOf(IdOf(document))), .. Photos()],
    };

    /// <param name="photos">Where workers store the photos; null where photos are no part of it.</param>
    public static async Task<PlaceService> StartAsync(int seed, string? photos, CancellationToken cancellation)
    {
        var places = new PlaceService(seed, photos);
        places._service = await TestService.StartAsync(places.AnswerAsync, cancellation);
        return places;
    }

    /// <summary>Has the migration file ask it for each product.</summary>
    public async Task EnrichAsync(TestBed bed, CancellationToken cancellation)
    {
        var uri = _service!.Uri;
        var (column, step) = _photos is null ? ("", "") : (
            $"\n      photo: {{ type: text, transform: {{ concat: [\"{uri}/photo/\", {{ path: _id }}] }} }}",
            $"\n      - rehost: {{ columns: photo, store: {{ folder: \"{_photos}\" }}, link: \"cdn/{{key}}\", allow: 127.0.0.1 }}");
        await bed.EditAsync(
            "      rating: float8\n    unmapped",
            $"      rating: float8\n      place: {{ type: text, enriched: true, required: true }}{column}\n    enrich:\n"
            + $"      - http: {{ url: \"{uri}/place/{{id}}\", take: {{ place: place }} }}{step}\n    unmapped",
            cancellation);
    }

    /// <summary>Each content that a row links to is stored, once, whole, and nothing else is.</summary>
    /// <param name="links">Of all rows.</param>
    public void CheckStore(IReadOnlyCollection<string> links)
    {
        if (_photos is null)
            return;

        // What a worker that was killed had begun to write stays, and is called what it is.
        var stored = Directory.EnumerateFiles(_photos, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".part", StringComparison.Ordinal)).ToList();
        Assert.Equal(links.Distinct().Order(StringComparer.Ordinal), stored.Select(file => $"cdn/{Path.GetRelativePath(_photos, file)}").Order(StringComparer.Ordinal));
        Assert.All(stored, file => Assert.Equal($"cdn/{Path.GetRelativePath(_photos, file)}", LinkTo(File.ReadAllBytes(file))));
    }

    public ValueTask DisposeAsync() => _service?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string IdOf(BsonDocument product) => product["_id"].AsObjectId.ToString();

    private static string PlaceOf(string id) => $"shelf {id[^2..]} of {id[..8]}";

    /// <summary>Several products have the same photo, each under a link of its own.</summary>
    private static byte[] PhotoOf(string id) => [.. Png, .. Encoding.UTF8.GetBytes($"photo {id[^2..]}")];

    private static string LinkTo(byte[] content)
    {
        var digits = Convert.ToHexStringLower(SHA256.HashData(content));
        return $"cdn/{digits[..2]}/{digits}.png";
    }

    private IEnumerable<ShopColumn> Photos() => _photos is null ? [] : [new("photo", document => LinkTo(PhotoOf(IdOf(document))))];

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (_asked.TryAdd(path, true) && await TroubleAsync(context, Draw(path)))
            return;
        if (path.StartsWith("/photo/", StringComparison.Ordinal))
            await context.Response.Body.WriteAsync(PhotoOf(path["/photo/".Length..]), context.RequestAborted);
        else
            await context.Response.WriteAsJsonAsync(new { place = PlaceOf(path["/place/".Length..]) }, context.RequestAborted);
    }

    /// <summary>True when that was the answer.</summary>
    private async Task<bool> TroubleAsync(HttpContext context, int of1000)
    {
        if (of1000 >= 80)
            return false;
        Interlocked.Increment(ref _troubled);
        if (of1000 >= 40)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10 * (of1000 - 30)), context.RequestAborted);
            return false;
        }

        context.Response.StatusCode = of1000 < 5 ? 429 : 500;
        context.Response.Headers.RetryAfter = of1000 < 5 ? "1" : "0";
        return true;
    }

    private int Draw(string path)
        => (int)(BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{_seed} {path}")))) % 1000);
}
