using Migration.Contracts.Migrations;

namespace Migration.Contracts.Tests.Migrations;

public sealed class QuarantineLimitTests
{
    [Theory]
    [InlineData("1000", 50_000, 1000)]
    [InlineData("1000", 10, 1000)]
    [InlineData("0", 50_000, 0)]
    [InlineData("1%", 50_000, 500)]
    [InlineData("0.5%", 1_999, 9)]
    [InlineData("1 %", 99, 0)]
    [InlineData("100%", long.MaxValue, long.MaxValue)]
    public void A_limit_is_a_number_of_records_or_a_share_of_those_planned(string text, long planned, long allowed)
        => Assert.Equal(allowed, QuarantineLimit.Parse(text)!.Of(planned));

    [Theory]
    [InlineData(0, 1_000)]
    [InlineData(2_000, 1_000)]
    [InlineData(2_000_000, 200_000)]
    public void By_default_it_is_a_tenth_and_at_least_a_thousand(long planned, long allowed)
        => Assert.Equal(allowed, QuarantineLimit.Default.Of(planned));

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1.0")]
    [InlineData("100.1%")]
    [InlineData("1,000")]
    [InlineData("1e3")]
    [InlineData("10 percent")]
    [InlineData("9999999999999999")]
    public void Nothing_else_is_one(string text) => Assert.Null(QuarantineLimit.Parse(text));

    [Theory]
    [InlineData("1000", "1,000")]
    [InlineData("0.5%", "0.5%")]
    [InlineData("0", "0")]
    public void It_is_shown_as_it_was_meant(string text, string shown)
        => Assert.Equal(shown, QuarantineLimit.Parse(text)!.ToString());
}
