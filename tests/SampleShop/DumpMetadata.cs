using System.Text;

namespace Migration.SampleShop;

/// <summary>What mongodump keeps beside a collection, so that mongorestore can build its indexes.</summary>
internal static class DumpMetadata
{
    public static byte[] Of(string collection)
    {
        var email = collection == "customers" ? $",{Index("email", ",\"unique\":true")}" : "";
        var text = $$"""
            {"options":{},"indexes":[{{Index("_id", "")}}{{email}}],"collectionName":"{{collection}}","type":"collection"}
            """;
        return Encoding.UTF8.GetBytes(text);
    }

    private static string Index(string field, string options)
    {
        var name = field == "_id" ? "_id_" : $"{field}_1";
        return $$$"""{"v":{"$numberInt":"2"},"key":{"{{{field}}}":{"$numberInt":"1"}},"name":"{{{name}}}"{{{options}}}}""";
    }
}
