using Migration.Contracts.Ledger;

namespace Migration.Contracts.Tests.Ledger;

public sealed class CauseFingerprintTests
{
    [Fact]
    public void A_records_cause_is_the_sqlstate_whatever_the_message_says()
    {
        Assert.Equal(Record("22003", "1E+6111 is too wide"), Record("22003", "another value is too wide"));
        Assert.NotEqual(Record("22003", "too wide"), Record("22001", "too wide"));
    }

    [Fact]
    public void Without_a_sqlstate_a_records_cause_is_the_message_but_for_its_digits()
    {
        Assert.Equal(Record(null, "byte 17 of 90 is no BSON"), Record(null, "byte 3 of 4512 is no BSON"));
        Assert.NotEqual(Record(null, "byte 17 is no BSON"), Record(null, "the document is cut off"));
    }

    [Theory]
    [InlineData("orders", "map", "price")]
    [InlineData("products", "write", "price")]
    [InlineData("products", "map", "stock")]
    [InlineData("products", "map", null)]
    public void Collection_stage_and_column_tell_causes_of_records_apart(string collection, string stage, string? column)
        => Assert.NotEqual(Record("22003", "x"), CauseFingerprint.OfRecord(collection, stage, column, "22003", "x"));

    [Fact]
    public void The_fingerprint_of_a_record_never_changes_for_ledgers_keep_it()
        => Assert.Equal("ad4ee108cca2", Record("22003", "x"));

    [Theory]
    [InlineData("products, slice 7: Connection to 127.0.0.1:5432 failed", "products, slice 12,345: Connection to 10.0.0.17:65001 failed")]
    [InlineData("_id 64f0c2 is missing", "_id 12abf9e is missing")]
    public void Slices_that_an_error_stopped_share_a_cause_whatever_their_numbers(string one, string other)
        => Assert.Equal(CauseFingerprint.OfSlice("products", one), CauseFingerprint.OfSlice("products", other));

    [Fact]
    public void Long_errors_that_differ_in_the_length_of_a_number_alone_share_a_cause()
    {
        var rest = " " + string.Join(' ', Enumerable.Repeat("word", 500));

        Assert.Equal(CauseFingerprint.OfSlice("products", "7" + rest), CauseFingerprint.OfSlice("products", "1234567" + rest));
    }

    [Fact]
    public void Other_errors_and_other_collections_are_other_causes_of_slices()
    {
        var full = CauseFingerprint.OfSlice("products", "the disk is full");

        Assert.NotEqual(full, CauseFingerprint.OfSlice("products", "the dump changed"));
        Assert.NotEqual(full, CauseFingerprint.OfSlice("orders", "the disk is full"));
    }

    private static string Record(string? sqlState, string message)
        => CauseFingerprint.OfRecord("products", "map", "price", sqlState, message);
}
