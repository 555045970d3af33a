namespace Migration.Coordinator.Tests;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(1.2, "2 s")]
    [InlineData(59.9, "1 min")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(3600, "1 h")]
    [InlineData(3900, "1 h 5 min")]
    [InlineData(183_600, "2 d 3 h")]
    [InlineData(-5, "0 s")]
    public void What_is_left_is_said_in_whole_units(double seconds, string text)
        => Assert.Equal(text, DurationText.Short(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0.000_035, "35 µs")]
    [InlineData(0.25, "250 ms")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(725, "12 min 5 s")]
    [InlineData(6_000_000, "69 days 10.7 hours")]
    [InlineData(86_400, "1 day")]
    [InlineData(90_000, "1 day 1 hour")]
    [InlineData(172_799, "2 days")]
    [InlineData(315_360_000, "10.0 years")]
    [InlineData(double.PositiveInfinity, "forever")]
    [InlineData(double.NaN, "forever")]
    public void What_is_long_is_said_in_two_units(double seconds, string text) => Assert.Equal(text, DurationText.Long(seconds));
}
