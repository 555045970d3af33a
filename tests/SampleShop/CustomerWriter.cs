using System.Globalization;
using System.Text;
using MongoDB.Bson.IO;

namespace Migration.SampleShop;

/// <summary>Writes customers, whose ids are int64 and start at 1.</summary>
internal sealed class CustomerWriter(int seed)
{
    private const uint Stream = 3;

    public static long Id(long index) => index + 1;

    public void Write(IBsonWriter writer, long index)
    {
        var random = new ShopRandom(seed, Stream, index);
        var (first, last) = (random.Pick(Vocabulary.FirstNames), random.Pick(Vocabulary.LastNames));

        writer.WriteStartDocument();
        writer.WriteInt64("_id", Id(index));
        writer.WriteString("name", $"{first} {last}");
        // Unique because of the id.
        writer.WriteString("email", string.Create(CultureInfo.InvariantCulture, $"{Ascii(last)}.{Id(index)}@{random.Pick(Vocabulary.MailHosts)}"));
        WriteAddress(writer, ref random);
        writer.WriteDateTime("createdAt", ShopValues.Date(ref random));
        writer.WriteInt32("loyalty", random.Below(10_000));
        writer.WriteEndDocument();
    }

    private static void WriteAddress(IBsonWriter writer, ref ShopRandom random)
    {
        var place = random.Pick(Vocabulary.Places);
        writer.WriteStartDocument("address");
        writer.WriteString("street", string.Create(CultureInfo.InvariantCulture, $"{random.Pick(Vocabulary.Streets)} {random.Between(1, 200)}"));
        writer.WriteString("postalCode", string.Create(CultureInfo.InvariantCulture, $"{random.Below(100_000):D5}"));
        writer.WriteString("city", place.City);
        writer.WriteString("country", place.Country);
        writer.WriteEndDocument();
    }

    private static string Ascii(string name)
    {
        var letters = new StringBuilder(name.Length);
        foreach (var letter in name.Where(char.IsAsciiLetter))
            letters.Append(char.ToLowerInvariant(letter));
        return letters.ToString();
    }
}
