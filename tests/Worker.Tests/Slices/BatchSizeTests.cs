namespace Migration.Worker.Tests.Slices;

public sealed class BatchSizeTests
{
    [Fact]
    public void Batches_are_as_large_as_the_settings_allow_while_they_are_quick()
    {
        var size = new BatchSize(4_000_000, 20_000);
        Assert.Equal((4_000_000, 20_000), (size.Bytes, size.Records));

        size.Learn(TimeSpan.FromSeconds(0.9));

        Assert.Equal((4_000_000, 20_000), (size.Bytes, size.Records));
    }

    [Fact]
    public void A_slow_one_makes_the_next_smaller_by_half_at_most_and_quick_ones_make_them_large_again()
    {
        var size = new BatchSize(4_000_000, 20_000);

        size.Learn(TimeSpan.FromSeconds(1.25));
        Assert.Equal((3_200_000, 16_000), (size.Bytes, size.Records));
        size.Learn(TimeSpan.FromMinutes(5));
        Assert.Equal((1_600_000, 8_000), (size.Bytes, size.Records));
        size.Learn(TimeSpan.FromSeconds(0.1));
        Assert.Equal((3_200_000, 16_000), (size.Bytes, size.Records));
        size.Learn(TimeSpan.FromSeconds(0.1));
        Assert.Equal((4_000_000, 20_000), (size.Bytes, size.Records));
    }

    [Fact]
    public void However_slow_PostgreSQL_is_a_batch_has_a_sixty_fourth_and_a_record()
    {
        var (size, tiny) = (new BatchSize(4_000_000, 20_000), new BatchSize(10, 10));

        for (var i = 0; i < 20; i++)
        {
            size.Learn(TimeSpan.FromMinutes(1));
            tiny.Learn(TimeSpan.FromMinutes(1));
        }

        Assert.Equal((62_500, 312), (size.Bytes, size.Records));
        Assert.Equal((1, 1), (tiny.Bytes, tiny.Records));
    }
}
