using Migration.Coordinator.Planning;
using Migration.Worker;

namespace Migration.Coordinator.Tests.Planning;

public sealed class SlicePlannerTests
{
    [Theory]
    [InlineData(999, 1000)]
    [InlineData(1001, 1000)]
    public void A_walk_that_the_server_s_count_contradicts_starts_nothing(long walked, long counted)
    {
        var refused = Assert.Throws<UserException>(() => SlicePlanner.CheckWalk("mongodb://host/shop.products", walked, counted));

        Assert.Equal(ExitCode.Configuration, refused.Code);
        Assert.Contains("mongodb://host/shop.products", refused.Message, StringComparison.Ordinal);
        Assert.Contains("live: true", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_walk_that_agrees_with_the_count_passes() => SlicePlanner.CheckWalk("mongodb://host/shop.products", 1000, 1000);
}
