using CsCheck;
using Migration.Contracts.Migrations;

namespace Migration.Contracts.Tests.Migrations;

public sealed class ColumnTypeTests
{
    private static readonly Gen<ColumnType> Types = Gen.OneOf(
        // char alone is char(1), and an enum's name is the file's.
        Gen.Enum<ColumnKind>().Where(kind => kind is not (ColumnKind.Char or ColumnKind.Enum)).Select(kind => new ColumnType(kind)),
        Gen.Int[1, 10_485_760].Select(length => new ColumnType(ColumnKind.Varchar, Length: length)),
        Gen.Int[1, 10_485_760].Select(length => new ColumnType(ColumnKind.Char, Length: length)),
        Gen.Select(Gen.Int[1, 1000], Gen.Int[-1000, 1000], (p, s) => new ColumnType(ColumnKind.Numeric, Precision: p, Scale: s)));

    [Fact]
    public void A_type_written_as_sql_is_read_back_as_itself() =>
        Gen.Select(Types, Gen.Bool, (type, isArray) => type with { IsArray = isArray })
            .Sample(type => ColumnType.TryParse(type.ToString(), out var read, out var problem) && read == type && problem is null);

    [Fact]
    public void No_text_makes_the_parser_throw() =>
        Gen.String.Sample(text => ColumnType.TryParse(text, out _, out var problem) == problem is null);

    [Theory]
    [InlineData("TEXT", "text")]
    [InlineData("varchar", "varchar")]
    [InlineData("character  varying ( 80 )", "varchar(80)")]
    [InlineData("int2", "smallint")]
    [InlineData("int", "integer")]
    [InlineData("int4[]", "integer[]")]
    [InlineData("int8", "bigint")]
    [InlineData("decimal", "numeric")]
    [InlineData("decimal(18)", "numeric(18,0)")]
    [InlineData("numeric(3, -2)", "numeric(3,-2)")]
    [InlineData("numeric(1000,1000)", "numeric(1000,1000)")]
    [InlineData("float4", "real")]
    [InlineData("float", "double precision")]
    [InlineData("float(24)", "real")]
    [InlineData("float(25)", "double precision")]
    [InlineData("Double Precision", "double precision")]
    [InlineData("bool", "boolean")]
    [InlineData("timestamp without time zone", "timestamp")]
    [InlineData("timestamp with time zone[]", "timestamptz[]")]
    [InlineData("timestamptz", "timestamptz")]
    [InlineData("jsonb", "jsonb")]
    [InlineData("char", "char(1)")]
    [InlineData("character(3)", "char(3)")]
    [InlineData("time without time zone", "time")]
    [InlineData("interval[]", "interval[]")]
    [InlineData("inet", "inet")]
    [InlineData("CIDR", "cidr")]
    public void PostgreSQL_s_spellings_are_read(string written, string sql)
    {
        Assert.True(ColumnType.TryParse(written, out var type, out _));
        Assert.Equal(sql, type.ToString());
    }

    [Theory]
    [InlineData("numreic", "did you mean numeric?")]
    [InlineData("string", "did you mean text?")]
    [InlineData("ObjectId", "did you mean text?")]
    [InlineData("double", "did you mean double precision?")]
    [InlineData("bpchar(3)", "did you mean char(n)?")]
    [InlineData("time with time zone", "did you mean time?")]
    [InlineData("time(3)", "write time")]
    [InlineData("char(0)", "the length goes from 1 to 10485760")]
    [InlineData("varchr(3)", "did you mean varchar?")]
    [InlineData("tsvector", "known types: text, varchar, smallint")]
    [InlineData("numeric(0)", "the precision goes from 1 to 1000")]
    [InlineData("numeric(1001,2)", "the precision goes from 1 to 1000")]
    [InlineData("numeric(5,1001)", "the scale goes from -1000 to 1000")]
    [InlineData("numeric(99999999999999999999)", "the precision goes from 1 to 1000")]
    [InlineData("varchar(10485761)", "the length goes from 1 to 10485760")]
    [InlineData("varchar(1,2)", "varchar takes one number")]
    [InlineData("text(5)", "text takes no number")]
    [InlineData("float(54)", "float takes 1 to 53")]
    [InlineData("timestamptz(3)", "write timestamptz")]
    [InlineData("text[][]", "is not a column type")]
    [InlineData("text; drop table x", "is not a column type")]
    [InlineData("", "is not a column type")]
    public void A_wrong_type_is_named_with_what_was_expected(string written, string expected)
    {
        Assert.False(ColumnType.TryParse(written, out _, out var problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }
}
