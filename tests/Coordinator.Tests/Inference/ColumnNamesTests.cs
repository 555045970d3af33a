using System.Text;
using Migration.Coordinator.Inference;

namespace Migration.Coordinator.Tests.Inference;

public sealed class ColumnNamesTests
{
    [Theory]
    [InlineData("_id", "id")]
    [InlineData("createdAt", "created_at")]
    [InlineData("SKU", "sku")]
    [InlineData("base64Text", "base64_text")]
    [InlineData("order", "order_")]
    [InlineData("USER", "user_")]
    [InlineData("ctid", "ctid_")]
    [InlineData("größe", "größe")]
    [InlineData("2020", "_2020")]
    [InlineData("$ref", "ref")]
    [InlineData("a.b c-d", "a_b_c_d")]
    [InlineData("😀", "field")]
    [InlineData("line\nend", "line_end")]
    public void A_field_s_name_becomes_one_that_needs_no_quotes(string field, string column)
        => Assert.Equal(column, new ColumnNames().Take([field]));

    [Fact]
    public void Names_that_would_be_the_same_are_numbered()
    {
        var names = new ColumnNames();
        Assert.Equal(
            ["foo_bar", "foo_bar_2", "foo_bar_3"],
            [names.Take(["fooBar"]), names.Take(["foo", "bar"]), names.Take(["foo_bar"])]);
    }

    [Fact]
    public void No_table_has_the_name_of_another_s_primary_key()
    {
        var names = new ColumnNames();
        var long64 = new string('l', 64);

        Assert.Equal(["users", "users_pkey_2", "users_pkey_pkey"], [names.TakeTable(["users"]), names.TakeTable(["users", "pkey"]), names.TakeTable(["users_pkey_pkey"])]);
        Assert.Equal([long64[..63], long64[..58] + "_pk_2"], [names.TakeTable([long64]), names.TakeTable([long64[..58] + "_pkey"])]);
    }

    [Fact]
    public void Long_names_are_cut_to_63_bytes_and_stay_different()
    {
        var names = new ColumnNames();
        var cut = Enumerable.Range(0, 12).Select(i => names.Take([new string('ü', 60) + i])).ToList();

        Assert.Equal(12, cut.Distinct().Count());
        Assert.All(cut, name => Assert.InRange(Encoding.UTF8.GetByteCount(name), 60, 63));
        Assert.All(cut, name => Assert.DoesNotContain('\uFFFD', name));
    }
}
