using Migration.Contracts.Ledger;
using Migration.Coordinator.Sampling;
using Migration.Worker.Sources;

namespace Migration.Coordinator.Tests.Sampling;

public sealed class CoarseSlicesTests
{
    [Fact]
    public void However_many_slices_come_few_are_kept_and_they_cover_the_same()
    {
        var slices = new CoarseSlices(most: 10, records: 1);
        var most = 0;
        for (var i = 0; i < 100_000; i++)
        {
            slices.Add(Slice(i, i < 70_000 ? "number" : "text"));
            most = Math.Max(most, slices.Slices.Count);
        }

        Assert.InRange(slices.Slices.Count, 8, 22);
        Assert.InRange(most, 8, 22);
        Assert.InRange(slices.Slices.Max(slice => slice.Limit), 100_000 / 22, 100_000 / 8);
        Assert.Equal(100_000, slices.Slices.Sum(slice => slice.Limit));
        for (var i = 0; i < slices.Slices.Count; i++)
        {
            var slice = slices.Slices[i];
            Assert.Equal(i == 0 ? 0 : slices.Slices[i - 1].Offset + slices.Slices[i - 1].Limit, slice.Offset);
            Assert.Equal(Slice(slice.Offset, "").Range.First, slice.Range.First);
            Assert.Equal(Slice(slice.Offset + slice.Limit - 1, "").Range.Last, slice.Range.Last);
            Assert.Equal(slice.Offset < 70_000, slice.Range.Bracket == "number");
            Assert.False(slice.Offset < 70_000 && slice.Offset + slice.Limit > 70_000, "a slice crosses the bracket's end");
        }
    }

    [Fact]
    public void Slices_that_cannot_be_joined_are_all_kept()
    {
        var slices = new CoarseSlices(most: 10, records: 1);
        for (var i = 0; i < 1_000; i++)
            slices.Add(Slice(i, i % 2 == 0 ? "number" : "text"));

        Assert.Equal(1_000, slices.Slices.Count);
    }

    private static CutSlice Slice(long number, string bracket)
    {
        var position = new RecordPosition(BitConverter.GetBytes(number));
        return new CutSlice(number, 1, new KeyRange(position, position, bracket));
    }
}
