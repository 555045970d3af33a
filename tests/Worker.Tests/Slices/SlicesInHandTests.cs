using Migration.Contracts.Ledger;

namespace Migration.Worker.Tests.Slices;

public sealed class SlicesInHandTests
{
    private readonly SlicesInHand _slices = new();
    private readonly SliceId _slice = new(Guid.NewGuid(), "products", 7);

    [Fact]
    public void A_second_copy_of_a_message_is_turned_away_until_the_first_lets_go()
    {
        var first = _slices.TryTake(_slice, redelivered: false);
        Assert.NotNull(first);
        Assert.Null(_slices.TryTake(_slice, redelivered: false));

        first.Dispose();

        Assert.NotNull(_slices.TryTake(_slice, redelivered: false));
    }

    [Fact]
    public void A_redelivered_message_is_taken_while_an_older_attempt_hangs_and_letting_go_twice_frees_only_one()
    {
        var hanging = _slices.TryTake(_slice, redelivered: false);
        var second = _slices.TryTake(_slice, redelivered: true);
        Assert.NotNull(second);

        hanging!.Dispose();
        hanging.Dispose();

        Assert.Null(_slices.TryTake(_slice, redelivered: false));
    }
}
