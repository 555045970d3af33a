using System.Text.RegularExpressions;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Mapping.Transforms;

namespace Migration.Worker.Tests.Mapping.Transforms;

/// <summary>No pattern and no text hold a worker up: what would take forever is refused.</summary>
public sealed class RegexTransformTests
{
    // Going back in the text, each of these takes two to the power of its length: no machine would end in this test's life.
    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("^(a|a)*$")]
    [InlineData("^(a|aa)+$")]
    [InlineData("(.*a){25}$")]
    public void A_pattern_that_would_go_back_forever_comes_to_an_end(string pattern)
    {
        var text = new string('a', 5_000) + "!";

        Assert.Null(Of(pattern, bound: null).Apply(ColumnValue.OfText(text), out var result));

        Assert.Equal(ColumnValue.OfText(text), result);
    }

    // At each letter the whole rest is read for a b: the square of the length, which is years.
    [Fact]
    public void Matches_without_end_are_refused_with_the_bound_in_the_message()
    {
        var text = ColumnValue.OfText(new string('a', 10_000_000));

        var refusal = Of("a+b|a", TimeSpan.FromMilliseconds(1)).Apply(text, out _);

        Assert.Equal(
            ("54000", "did not come to an end within 0.001 seconds", "regex"), (refusal?.SqlState, refusal?.Reason, refusal?.Transform));
    }

    [Fact]
    public void Every_pattern_has_a_bound() => Assert.NotEqual(Regex.InfiniteMatchTimeout, TransformRegex.Compile("a").MatchTimeout);

    private static RegexTransform Of(string pattern, TimeSpan? bound) => new RegexTransform(TransformRegex.Compile(pattern, bound), "b");
}
