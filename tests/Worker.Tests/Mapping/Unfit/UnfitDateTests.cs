using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Mapping.Conversions;
using Migration.Worker.Mapping.Unfit;

namespace Migration.Worker.Tests.Mapping.Unfit;

public sealed class UnfitDateTests
{
    [Theory]
    [InlineData(long.MinValue, DateConversion.Earliest)]
    [InlineData(DateConversion.Earliest - 1, DateConversion.Earliest)]
    [InlineData(DateConversion.Earliest + 1, DateConversion.Earliest)]
    [InlineData(-1, -DateConversion.MillisecondsInDay)]
    [InlineData(1, 0)]
    [InlineData(DateConversion.Latest + 1, DateConversion.Latest)]
    [InlineData(long.MaxValue, DateConversion.Latest)]
    public void A_date_that_is_cut_and_clamped_stays_at_its_end_of_time(long milliseconds, long expected) => Assert.Equal(
        ColumnValue.OfDate(expected),
        UnfitDate.Mend(ColumnValue.OfDate(milliseconds), ColumnKind.Date, [UnfitChoice.Truncate, UnfitChoice.Clamp]));
}
