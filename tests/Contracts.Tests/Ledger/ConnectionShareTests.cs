using Migration.Contracts.Ledger;

namespace Migration.Contracts.Tests.Ledger;

public sealed class ConnectionShareTests
{
    [Theory]
    [InlineData(3, null, 500, 300, 3)] // no limit
    [InlineData(3, 90, 0, 2, 3)]       // room for all wishes
    [InlineData(9, 90, 0, 30, 3)]      // an equal part
    [InlineData(3, 90, 0, 300, 2)]     // never less than the least
    [InlineData(3, 90, 88, 300, 2)]    // the last one
    [InlineData(3, 90, 89, 300, 0)]    // one is not enough
    [InlineData(3, 90, 95, 300, 0)]    // the limit was lowered
    [InlineData(5, 12, 9, 2, 3)]       // what is left
    [InlineData(3, 2, 0, 0, 2)]
    public void A_share_is_a_part_of_what_is_left(int wish, int? limit, int taken, int expected, int share)
        => Assert.Equal(share, ConnectionShare.Of(wish, limit, taken, expected).Connections);
}
