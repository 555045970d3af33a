using Migration.Contracts.Migrations;

namespace Migration.Worker.Tests.Slices;

public sealed class BatchSizeTests
{
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(0.1);

    [Fact]
    public void Batches_begin_small_and_grow_to_what_the_settings_allow_while_they_are_quick()
    {
        var size = new BatchSize(4 * 1024 * 1024, 20_000);
        Assert.Equal((512 * 1024, 2_500), (size.Bytes, size.Records));

        Fill(size, Quick, 3);
        Assert.Equal((4 * 1024 * 1024, 20_000), (size.Bytes, size.Records));

        Fill(size, TimeSpan.FromSeconds(0.9), 3);
        Assert.Equal((4 * 1024 * 1024, 20_000), (size.Bytes, size.Records));
    }

    [Theory]
    [InlineData(300, 20_000)]
    [InlineData(4_000_000, 10)]
    public void Settings_that_are_smaller_than_the_first_batch_are_kept_from_the_first_one_on(int bytes, int records)
    {
        var size = new BatchSize(bytes, records);

        Assert.Equal((bytes, records), (size.Bytes, size.Records));
    }

    [Fact]
    public void A_slow_one_makes_the_next_smaller_by_half_at_most_and_quick_ones_make_them_large_again()
    {
        var size = Grown();

        Fill(size, TimeSpan.FromSeconds(1.25), 1);
        Assert.Equal((3_200_000, 16_000), (size.Bytes, size.Records));
        Fill(size, TimeSpan.FromMinutes(5), 1);
        Assert.Equal((1_600_000, 8_000), (size.Bytes, size.Records));
        Fill(size, Quick, 1);
        Assert.Equal((3_200_000, 16_000), (size.Bytes, size.Records));
        Fill(size, Quick, 1);
        Assert.Equal((4_000_000, 20_000), (size.Bytes, size.Records));
    }

    [Fact]
    public void The_short_rest_of_a_slice_says_nothing_of_whole_batches()
    {
        var size = Grown();
        Fill(size, TimeSpan.FromMinutes(5), 1);

        size.Learn(Quick, 10_000, 10);

        Assert.Equal((2_000_000, 10_000), (size.Bytes, size.Records));
    }

    [Fact]
    public void One_that_is_said_to_be_full_counts_whatever_it_holds()
    {
        var size = new BatchSize(4 * 1024 * 1024, 20_000);

        size.Learn(Quick, isFull: false);
        Assert.Equal(2_500, size.Records);
        size.Learn(Quick, isFull: true);
        Assert.Equal(5_000, size.Records);
    }

    [Fact]
    public void Batches_that_are_kept_are_an_eighth_of_the_others_and_parts_are_as_much_of_a_batch_as_the_sources_page_is()
    {
        var sizes = new BatchSizes(new WorkerSettings { BatchBytes = 80 * 1024 * 1024, BatchRecords = 400_000 });
        Assert.Equal(625, sizes.PartRecords(1024 * 1024));
        Fill(sizes.Kept, Quick, 8);
        Fill(sizes.Streamed, Quick, 8);

        Assert.Equal((80 * 1024 * 1024, 400_000), (sizes.Streamed.Bytes, sizes.Streamed.Records));
        Assert.Equal((10 * 1024 * 1024, 50_000), (sizes.Kept.Bytes, sizes.Kept.Records));
        Assert.Equal((1024 * 1024, 50_000), (sizes.PartBytes(1024 * 1024), sizes.PartRecords(1024 * 1024)));
        Assert.Equal((4 * 1024 * 1024, 50_000), (sizes.PartBytes(4 * 1024 * 1024), sizes.PartRecords(4 * 1024 * 1024)));
    }

    [Theory]
    [InlineData(1024, 10, 1024, 10)]
    [InlineData(8 * 1024 * 1024, 100_000, 4 * 1024 * 1024, 20_000)]
    public void Small_settings_are_for_both(int bytes, int records, int keptBytes, int keptRecords)
    {
        var sizes = new BatchSizes(new WorkerSettings { BatchBytes = bytes, BatchRecords = records });
        Fill(sizes.Kept, Quick, 8);

        Assert.Equal((keptBytes, keptRecords), (sizes.Kept.Bytes, sizes.Kept.Records));
    }

    [Fact]
    public void One_that_failed_late_makes_the_next_smaller_until_it_cannot_be()
    {
        var size = Grown();

        Assert.False(size.LearnOfFailure(Quick));
        Assert.Equal(4_000_000, size.Bytes);
        for (var i = 0; i < 6; i++)
            Assert.True(size.LearnOfFailure(TimeSpan.FromSeconds(30)));
        Assert.False(size.LearnOfFailure(TimeSpan.FromSeconds(30)));
        Assert.Equal((62_500, 312), (size.Bytes, size.Records));
    }

    private static BatchSize Grown()
    {
        var size = new BatchSize(4_000_000, 20_000);
        Fill(size, Quick, 3);
        return size;
    }

    /// <summary>Full batches that took so long.</summary>
    private static void Fill(BatchSize size, TimeSpan took, int batches)
    {
        for (var i = 0; i < batches; i++)
            size.Learn(took, size.Bytes, size.Records);
    }
}
