using MongoDB.Bson.IO;

namespace Migration.SampleShop;

/// <summary>
/// Writes orders. Their lines name only good products and existing customers, so that foreign keys hold after the bad
/// products went to quarantine; a line's price is the product's, and the total is the sum of the lines.
/// </summary>
internal sealed class OrderWriter(int seed, ShopCounts counts)
{
    private const uint Stream = 4;

    private readonly BadProducts _bad = new(counts.Products, counts.Bad);

    public void Write(IBsonWriter writer, long index)
    {
        var random = new ShopRandom(seed, Stream, index);
        writer.WriteStartDocument();
        writer.WriteObjectId("_id", ShopValues.Id(seed, Stream, index));
        writer.WriteInt64("customerId", CustomerWriter.Id(random.Below(counts.Customers)));
        var total = WriteLines(writer, ref random);
        writer.WriteDecimal128("total", ShopValues.Money(total));
        writer.WriteString("status", random.Pick(Vocabulary.Statuses));
        writer.WriteDateTime("placedAt", ShopValues.Date(ref random));
        writer.WriteEndDocument();
    }

    private long WriteLines(IBsonWriter writer, ref ShopRandom random)
    {
        var total = 0L;
        writer.WriteStartArray("lines");
        for (var left = random.Between(1, 4); left > 0; left--)
            total += WriteLine(writer, _bad.GoodFrom(random.Below(counts.Products)), random.Between(1, 5));
        writer.WriteEndArray();
        return total;
    }

    private long WriteLine(IBsonWriter writer, long product, int quantity)
    {
        var price = ProductWriter.Price(seed, product);
        writer.WriteStartDocument();
        writer.WriteObjectId("productId", ProductWriter.Id(seed, product));
        writer.WriteInt32("quantity", quantity);
        writer.WriteDecimal128("price", ShopValues.Money(price));
        writer.WriteEndDocument();
        return quantity * price;
    }
}
