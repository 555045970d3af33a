using Migration.Contracts.Migrations;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Sources;

public sealed class SourceOpenerTests : IDisposable
{
    private readonly DumpFolder _dumps = new();

    public void Dispose() => _dumps.Dispose();

    [Fact]
    public async Task A_collection_is_found_wherever_mongodump_or_people_put_it()
    {
        _dumps.Write("shop/products.bson", [new BsonDocument("_id", 1)]);
        _dumps.Write("shop/products.metadata.json", "{}"u8.ToArray());
        _dumps.Write("shop/a%2Fb.bson", [new BsonDocument("_id", 2)]);
        _dumps.Write("orders.ndjson", "{}"u8.ToArray());
        Assert.EndsWith("products.bson", (await _dumps.OpenAsync("products")).Description, StringComparison.Ordinal);
        Assert.EndsWith("products.bson", (await _dumps.OpenAsync("products", database: "shop")).Description, StringComparison.Ordinal);
        Assert.EndsWith("products.bson", (await _dumps.OpenAsync("products", uri: _dumps["shop"], database: "shop")).Description, StringComparison.Ordinal);
        Assert.EndsWith("products.bson", (await _dumps.OpenAsync("products", uri: _dumps["shop/products.bson"])).Description, StringComparison.Ordinal);
        Assert.EndsWith("a%2Fb.bson", (await _dumps.OpenAsync("a/b")).Description, StringComparison.Ordinal);
        Assert.EndsWith("orders.ndjson", (await _dumps.OpenAsync("orders")).Description, StringComparison.Ordinal);
        Assert.Equal(
            ["a/b", "orders", "products"],
            await SourceOpener.ListCollectionsAsync(new SourceSettings { Uri = _dumps.Path }, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_is_missing_or_ambiguous_is_named_with_what_is_there()
    {
        _dumps.Write("shop/products.bson", [new BsonDocument("_id", 1)]);
        _dumps.Write("old/products.bson", [new BsonDocument("_id", 1)]);
        await RefusedAsync(_dumps.OpenAsync("prodcts", database: "shop"), "holds no collection 'prodcts', the nearest is 'products'");
        await RefusedAsync(_dumps.OpenAsync("products"), "holds collection 'products' more than once");
        await RefusedAsync(_dumps.OpenAsync("products", database: "shpo"), "has no folder 'shpo', the nearest is 'shop'");
        await RefusedAsync(_dumps.OpenAsync("products", uri: _dumps["nowhere"]), "there is no dump at");
        await RefusedAsync(_dumps.OpenAsync("orders", uri: _dumps["shop/products.bson"]), "holds collection 'products', not 'orders'");
    }

    [Theory]
    [InlineData("mongodb://user:geheim@host:notaport/shop")]
    [InlineData("mongodb://user:gehe:im/@host/shop")]
    [InlineData("mongodb://user:geheim@/shop")]
    public async Task A_connection_string_that_is_none_is_refused_without_repeating_it(string uri)
    {
        var refusal = await RefusedAsync(_dumps.OpenAsync("products", uri: uri), "source.uri");
        Assert.DoesNotContain("geheim", refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("gehe:im", refusal.ToString(), StringComparison.Ordinal);
        Assert.False(refusal.IsTransient);
    }

    [Fact]
    public async Task A_server_without_a_database_is_refused() =>
        await RefusedAsync(_dumps.OpenAsync("products", uri: "mongodb://127.0.0.1:1"), "names no database");

    [Fact]
    public async Task An_unreachable_server_is_told_with_the_time_that_was_waited_and_its_knob()
    {
        var opening = _dumps.OpenAsync("products", uri: "mongodb://user:geheim@127.0.0.1:1/shop?serverSelectionTimeoutMS=300");
        var refusal = await RefusedAsync(opening, "no server answered within 0.3 s (serverSelectionTimeoutMS in source.uri)");
        Assert.StartsWith("mongodb://user@127.0.0.1:1/shop: listing the collections failed", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", refusal.ToString(), StringComparison.Ordinal);
        Assert.True(refusal.IsTransient);
    }

    private static async Task<SourceException> RefusedAsync(Task<ICollectionSource> opening, string expected)
    {
        var refusal = await Assert.ThrowsAsync<SourceException>(() => opening);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }
}
