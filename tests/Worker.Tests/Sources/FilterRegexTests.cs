using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Worker.Tests.Sources;

/// <summary>No pattern of a filter and no document hold a worker up.</summary>
public sealed class FilterRegexTests
{
    // Going back in the text it takes two to the power of the text's length, and would be refused for its time.
    [Fact]
    public void A_regex_that_would_go_back_forever_comes_to_an_end()
    {
        var filter = DocumentFilter.Compile("{a: /^(a|aa)+$/}", "things");

        Assert.False(filter.Matches(new BsonDocument("a", new string('a', 5_000) + "!").ToBson()));
    }

    // Only by going back can it look ahead: what takes too long is refused as a fault of the record.
    [Fact]
    public void A_regex_that_looks_around_is_stopped()
    {
        var filter = DocumentFilter.Compile("{a: /^(?=a)(a|aa)+$/}", "things");

        var error = Assert.Throws<FormatException>(() => filter.Matches(new BsonDocument("a", new string('a', 5_000) + "!").ToBson()));

        Assert.Contains("took longer than 2 s", error.Message, StringComparison.Ordinal);
    }
}
