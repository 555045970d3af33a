using Migration.Worker.Targets;

namespace Migration.Worker.Tests.Targets;

public sealed class StreamTrustTests
{
    [Fact]
    public void A_tables_first_batch_is_kept_and_the_others_are_not()
    {
        var trust = new StreamTrust();
        Assert.False(trust.IsThere);

        trust.Kept(withoutRefusal: true);

        Assert.True(trust.IsThere);
    }

    [Fact]
    public void Where_rows_were_refused_it_comes_back_with_eight_batches_without_any()
    {
        var trust = new StreamTrust();
        trust.Kept(withoutRefusal: false);

        Assert.Equal(8, KeptUntilTrusted(trust));
    }

    [Fact]
    public void Each_time_that_it_was_in_vain_it_takes_twice_as_long_and_less_again_when_it_was_not()
    {
        var trust = new StreamTrust();
        trust.Kept(withoutRefusal: true);
        for (var expected = 8; expected <= 1024; expected *= 2)
        {
            trust.Failed();
            Assert.Equal(expected, KeptUntilTrusted(trust));
        }

        trust.Failed();
        Assert.Equal(1024, KeptUntilTrusted(trust));
        trust.Streamed();
        trust.Failed();
        Assert.Equal(512, KeptUntilTrusted(trust));
    }

    [Fact]
    public void Slices_that_fail_together_count_once()
    {
        var trust = new StreamTrust();
        trust.Kept(withoutRefusal: true);
        trust.Failed();
        trust.Failed();
        trust.Failed();

        Assert.Equal(8, KeptUntilTrusted(trust));
        trust.Failed();
        Assert.Equal(16, KeptUntilTrusted(trust));
    }

    private static int KeptUntilTrusted(StreamTrust trust)
    {
        for (var batches = 0; ; batches++)
        {
            if (trust.IsThere)
                return batches;
            trust.Kept(withoutRefusal: true);
        }
    }
}
