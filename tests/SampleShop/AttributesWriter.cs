using MongoDB.Bson.IO;

namespace Migration.SampleShop;

/// <summary>
/// Writes the free-form <c>attributes</c>: one to four fields whose names and types differ from product to product,
/// for jsonb. All of them fit jsonb: no NaN, no U+0000.
/// </summary>
internal static class AttributesWriter
{
    private const int Kinds = 9;

    public static void Write(IBsonWriter writer, ref ShopRandom random)
    {
        writer.WriteStartDocument("attributes");
        var first = random.Below(Kinds);
        for (var left = random.Between(1, 4); left > 0; left--)
            // Steps of 2 round 9 kinds meet none twice.
            WriteField(writer, ref random, (first + 2 * left) % Kinds);
        writer.WriteEndDocument();
    }

    private static void WriteField(IBsonWriter writer, ref ShopRandom random, int kind)
    {
        switch (kind)
        {
            case 0: writer.WriteString("material", random.Pick(Vocabulary.Materials)); break;
            case 1: writer.WriteBoolean("waterproof", random.Percent(50)); break;
            case 2: writer.WriteInt32("warrantyMonths", 12 * random.Between(1, 5)); break;
            case 3: WriteDimensions(writer, ref random); break;
            case 4: writer.WriteString("energyClass", random.Pick(Vocabulary.EnergyClasses)); break;
            case 5: writer.WriteInt64("ean", 4_000_000_000_000 + random.Below(999_999_999_999)); break;
            case 6: WriteCertificates(writer, ref random); break;
            case 7: writer.WriteDateTime("releasedAt", ShopValues.Date(ref random)); break;
            default: writer.WriteNull("note"); break;
        }
    }

    private static void WriteDimensions(IBsonWriter writer, ref ShopRandom random)
    {
        writer.WriteStartDocument("dimensions");
        writer.WriteDouble("width", random.Between(10, 2000) / 10.0);
        writer.WriteDouble("height", random.Between(10, 2000) / 10.0);
        writer.WriteEndDocument();
    }

    private static void WriteCertificates(IBsonWriter writer, ref ShopRandom random)
    {
        writer.WriteStartArray("certificates");
        writer.WriteString(random.Pick(Vocabulary.Certificates));
        writer.WriteEndArray();
    }
}
