using Migration.Coordinator.Commands;
using Migration.Worker;

namespace Migration.Coordinator.Tests.Scaling;

public sealed class ScaleCommandTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("300", 300)]
    [InlineData("10000", 10_000)]
    public void A_number_of_workers_is_taken(string text, int expected) => Assert.Equal(expected, ScaleCommand.Read(text));

    [Theory]
    [InlineData("-1")]
    [InlineData("10001")]
    [InlineData("1e3")]
    [InlineData("many")]
    [InlineData("")]
    public void Anything_else_is_refused_with_the_range(string text)
    {
        var refused = Assert.Throws<UserException>(() => ScaleCommand.Read(text));

        Assert.Equal($"'{text}' workers: give a whole number from 0 to 10,000.", refused.Message);
    }
}
