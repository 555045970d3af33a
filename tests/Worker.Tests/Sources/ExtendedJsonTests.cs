using System.Text;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Sources;

public sealed class ExtendedJsonTests
{
    [Fact]
    public void Nesting_that_would_use_up_the_stack_is_refused()
    {
        var refusal = Assert.Throws<FormatException>(() => ExtendedJson.ToBson(Nested(1_000_000)));
        Assert.Contains("deeper than 200 levels", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => ExtendedJson.ToBson(Nested(201)));
    }

    [Fact]
    public void Brackets_in_texts_are_no_nesting()
    {
        var text = new string('{', 300) + "\"" + new string('[', 300);
        var bson = ExtendedJson.ToBson(Encoding.UTF8.GetBytes(new BsonDocument { { "a", text }, { "b", new BsonArray { 1 } } }.ToJson()));
        Assert.Equal(text, new RawBsonDocument(bson)["a"].AsString);
    }

    private static byte[] Nested(int levels)
        => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels));
}
