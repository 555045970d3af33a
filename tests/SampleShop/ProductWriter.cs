using System.Globalization;
using MongoDB.Bson;
using MongoDB.Bson.IO;

namespace Migration.SampleShop;

/// <summary>Writes products: about 770 bytes of BSON each.</summary>
internal sealed class ProductWriter(int seed, string imageBase, BadProducts bad)
{
    private const uint Stream = 1;
    private const uint PriceStream = 2;

    private static readonly Decimal128 HugePrice = Decimal128.Parse("1E+6111");

    public static ObjectId Id(int seed, long index) => ShopValues.Id(seed, Stream, index);

    /// <summary>In cents, from a stream of its own: orders need a product's price without the rest of it.</summary>
    public static long Price(int seed, long index) => new ShopRandom(seed, PriceStream, index).Skewed(99, 11);

    public void Write(IBsonWriter writer, long index)
    {
        var random = new ShopRandom(seed, Stream, index);
        var kind = bad.KindAt(index);
        var sku = string.Create(CultureInfo.InvariantCulture, $"SKU-{index:D9}");
        var place = random.Pick(Vocabulary.Places);
        var price = Price(seed, index);

        writer.WriteStartDocument();
        writer.WriteObjectId("_id", Id(seed, index));
        WriteTexts(writer, ref random, sku, kind);
        WriteVendor(writer, ref random, place.City, place.Country);
        WriteNumbers(writer, ref random, price, place.Currency, kind);
        WriteTags(writer, ref random);
        WriteVariants(writer, ref random, sku, price);
        WriteImages(writer, ref random, index);
        WriteDates(writer, ref random, kind);
        if (random.Percent(85))
            writer.WriteDouble("rating", random.Between(10, 50) / 10.0);
        AttributesWriter.Write(writer, ref random);
        writer.WriteEndDocument();
    }

    private static void WriteTexts(IBsonWriter writer, ref ShopRandom random, string sku, BadKind? kind)
    {
        var material = random.Pick(Vocabulary.Materials);
        var thing = random.Pick(Vocabulary.Things);
        var name = $"{random.Pick(Vocabulary.Qualities)} {material} {thing}";
        switch (kind)
        {
            case BadKind.NameNull: writer.WriteNull("name"); break;
            case BadKind.NameWithNul: writer.WriteString("name", name.Replace(' ', '\0')); break;
            default: writer.WriteString("name", name); break;
        }

        writer.WriteString("description", $"A {thing} of {material}. {Phrases(ref random)}");
        writer.WriteString("sku", sku);
    }

    /// <summary>Three phrases, none twice.</summary>
    private static string Phrases(ref ShopRandom random)
    {
        var all = Vocabulary.Phrases;
        var first = random.Below(all.Length);
        return $"{all[first]} {all[(first + 3) % all.Length]} {all[(first + 6) % all.Length]}";
    }

    private static void WriteVendor(IBsonWriter writer, ref ShopRandom random, string city, string country)
    {
        writer.WriteStartDocument("vendor");
        writer.WriteString("name", random.Pick(Vocabulary.VendorNames));
        writer.WriteStartDocument("address");
        writer.WriteString("city", city);
        writer.WriteString("country", country);
        writer.WriteEndDocument();
        writer.WriteEndDocument();
    }

    private static void WriteNumbers(IBsonWriter writer, ref ShopRandom random, long price, string currency, BadKind? kind)
    {
        writer.WriteDecimal128("price", kind == BadKind.PriceTooLarge ? HugePrice : ShopValues.Money(price));
        writer.WriteString("currency", currency);
        writer.WriteDouble("weight", random.Between(20, 30_000) / 1000.0);
        var stock = random.Below(1000);
        if (kind == BadKind.StockNotANumber)
            writer.WriteString("stock", "many");
        else
            writer.WriteInt32("stock", stock);
        writer.WriteBoolean("active", random.Percent(90));
    }

    /// <summary>None to four tags, none twice.</summary>
    private static void WriteTags(IBsonWriter writer, ref ShopRandom random)
    {
        writer.WriteStartArray("tags");
        var first = random.Below(Vocabulary.Tags.Length);
        for (var left = random.Below(5); left > 0; left--)
            writer.WriteString(Vocabulary.Tags[(first + left * 5) % Vocabulary.Tags.Length]);
        writer.WriteEndArray();
    }

    private static void WriteVariants(IBsonWriter writer, ref ShopRandom random, string sku, long price)
    {
        writer.WriteStartArray("variants");
        var count = random.Below(4);
        for (var number = 1; number <= count; number++)
        {
            writer.WriteStartDocument();
            writer.WriteString("sku", string.Create(CultureInfo.InvariantCulture, $"{sku}-{number}"));
            writer.WriteString("color", random.Pick(Vocabulary.Colours));
            writer.WriteString("size", random.Pick(Vocabulary.Sizes));
            writer.WriteDecimal128("price", ShopValues.Money(price + 100 * random.Below(10)));
            writer.WriteInt32("stock", random.Below(100));
            writer.WriteEndDocument();
        }

        writer.WriteEndArray();
    }

    private void WriteImages(IBsonWriter writer, ref ShopRandom random, long index)
    {
        writer.WriteStartArray("images");
        var count = random.Below(3);
        for (var number = 1; number <= count; number++)
        {
            writer.WriteStartDocument();
            writer.WriteString("url", string.Create(CultureInfo.InvariantCulture, $"{imageBase}/{index:D9}-{number}.jpg"));
            writer.WriteString("alt", string.Create(CultureInfo.InvariantCulture, $"View {number} on a {random.Pick(Vocabulary.Colours)} ground"));
            writer.WriteEndDocument();
        }

        writer.WriteEndArray();
    }

    private static void WriteDates(IBsonWriter writer, ref ShopRandom random, BadKind? kind)
    {
        var created = ShopValues.Date(ref random);
        writer.WriteDateTime("createdAt", kind == BadKind.CreatedAtOutOfRange ? long.MaxValue : created);
        writer.WriteDateTime("updatedAt", created + random.Below(365L * 24 * 3600 * 1000));
    }
}
