using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Publishing;

namespace Migration.Coordinator.Tests.Publishing;

public sealed class SliceParcelsTests
{
    private static readonly Guid Run = Guid.NewGuid();

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(1, 31, 1)]
    [InlineData(1, 32, 2)]
    [InlineData(1, 1_000, 62)]
    [InlineData(1, 100_000, 100)]
    [InlineData(300, 4_800, 1)]
    [InlineData(300, 48_000, 10)]
    public void Each_place_where_one_can_be_worked_on_gets_eight_messages(int workers, long slices, int most)
        => Assert.Equal(most, new SliceParcels(File(), workers).MostOf(Products(), (slices, 0)));

    [Theory]
    [InlineData(0.000_01, 62)]
    [InlineData(0.000_1, 10)]
    [InlineData(0.1, 1)]
    public void A_message_is_about_a_second_of_mapping_at_most(double secondsPerRecord, int most)
        => Assert.Equal(most, new SliceParcels(File(), 1).MostOf(Products(secondsPerRecord), (1_000, 1_000_000)));

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void The_migration_file_may_say_how_many(int most)
        => Assert.Equal(most, new SliceParcels(File(slices: $"slices: {{ perMessage: {most} }}"), 1).MostOf(Products(), (1_000, 0)));

    [Theory]
    [InlineData("onConflict: overwrite")]
    [InlineData("children: [{ path: tags, table: product_tags, parentKey: product, columns: { tag: { path: '.', type: text } } }]")]
    public void What_is_not_streamed_has_a_message_for_each_slice(string setting)
        => Assert.Equal(1, new SliceParcels(File(setting), 1).MostOf(Products(), (1_000, 0)));

    [Fact]
    public void A_collection_that_the_file_does_not_have_any_more_has_a_message_for_each_slice()
        => Assert.Equal(1, new SliceParcels(File(), 1).MostOf(Products() with { Name = "orders" }, (1_000, 0)));

    [Fact]
    public void Slices_that_follow_each_other_go_together()
        => Assert.Equal(["0 1 2", "3 4 5", "6"], Packed(3, (0, 10), (1, 10), (2, 10), (3, 10), (4, 10), (5, 10), (6, 10)));

    [Fact]
    public void A_gap_in_the_numbers_begins_a_new_message() => Assert.Equal(["0 1", "3 4"], Packed(5, (0, 10), (1, 10), (3, 10), (4, 10)));

    [Fact]
    public void A_large_slice_goes_by_itself() => Assert.Equal(["0", "1", "2 3"], Packed(5, (0, 10), (1, 10_001), (2, 10_000), (3, 10)));

    [Fact]
    public void A_message_asks_for_no_more_than_50_000_records()
        => Assert.Equal(["0 1 2 3 4", "5"], Packed(20, (0, 10_000), (1, 10_000), (2, 10_000), (3, 10_000), (4, 10_000), (5, 10_000)));

    private static PlannedCollection Products(double? secondsPerRecord = null)
        => new("products", "public.products", IsPlanned: true, 0, secondsPerRecord);

    private static IEnumerable<string> Packed(int most, params (int Number, long Limit)[] slices)
    {
        var (pending, offset) = (new List<PendingSlice>(), 0L);
        foreach (var (number, limit) in slices)
        {
            pending.Add(new PendingSlice(new SliceId(Run, "products", number), offset, limit));
            offset += limit;
        }

        return SliceParcels.Pack(pending, most).Select(parcel => string.Join(' ', parcel.Select(slice => slice.Id.Number)));
    }

    private static MigrationFile File(string setting = "onConflict: fail", string slices = "") => MigrationFileLoader.LoadText(
        $$"""
        name: shop
        source: { uri: "mongodb://localhost/shop" }
        target: { uri: "postgres://localhost/shop" }
        {{slices}}
        collections:
          - name: products
            primaryKey: id
            {{setting}}
            columns: { id: { path: _id, type: text } }
        """,
        "shop.yaml", _ => null);
}
