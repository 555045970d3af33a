using System.Numerics;
using CsCheck;
using Migration.Coordinator.Planning;
using Migration.Worker;

namespace Migration.Coordinator.Tests.Planning;

public sealed class WorkerPlanTests
{
    [Theory]
    [InlineData("2000000", "3", "5", null, 334, 6_000)]
    [InlineData("2000000", "3", "1", null, 1_667, 1_200)]
    [InlineData("2e6", "3", "5", "64", 6, 384_000)]
    [InlineData("2000000", "3", "5", "8", 42, 48_000)]
    [InlineData("6000", "3", "5", null, 1, 6_000)]
    [InlineData("6001", "3", "5", null, 2, 6_000)]
    [InlineData("1", "18000", "5", null, 1, 1)]
    [InlineData("10", "0.3", "0.0005", null, 2, 6)]
    [InlineData("100", "3", "5", null, 1, 100)]
    [InlineData("1000000000000000", "0.000000001", "87600", "10000", 1, 1_000_000_000_000_000)]
    public void Workers_and_records_are_as_reckoned_by_hand(
        string records, string seconds, string hours, string? inFlight, long workers, long each)
    {
        var plan = Assert.Single(WorkerPlanQuestion.Read(records, seconds, hours, inFlight).ByWindow());

        Assert.Equal((workers, each), (plan.Workers, plan.RecordsPerWorker));
    }

    [Fact]
    public void The_workers_cover_all_records_and_one_fewer_would_not()
    {
        var inputs = Gen.Select(
            Gen.Long[1, WorkerPlanQuestion.MostRecords], Gen.Long[1, 1_000_000_000_000], Gen.Long[1, 87_600_000], Gen.Int[1, 10_000]);
        inputs.Where(i => Fits(i.Item2, i.Item3)).Sample(
            i =>
            {
                var (records, nanoseconds, thousandthsOfAnHour, inFlight) = i;
                var seconds = nanoseconds / 1_000_000_000m;
                var plan = WorkerPlan.For(records, seconds, thousandthsOfAnHour / 1000m, inFlight);

                Assert.True((BigInteger)plan.Workers * plan.RecordsPerWorker >= records);
                Assert.True((BigInteger)(plan.Workers - 1) * plan.RecordsPerWorker < records);

                // In whole nanoseconds: the last record that a worker has in a row still ends within the window.
                var inARow = (plan.RecordsPerWorker + inFlight - 1) / inFlight;
                Assert.True((BigInteger)inARow * nanoseconds <= (BigInteger)thousandthsOfAnHour * 3_600_000_000);
            },
            iter: 5_000);
    }

    [Fact]
    public void A_quotient_that_no_decimal_holds_is_not_rounded_up()
    {
        // 3600 s by 1200.0000000000000000000000001 s: in decimals the quotient is rounded to 3, and 3 do not fit.
        Assert.Equal(2, WorkerPlan.InARow(1200.0000000000000000000000001m, 1));
    }

    [Fact]
    public void Without_hours_the_usual_windows_are_shown_that_a_record_fits_into()
    {
        Assert.Equal([1, 5, 12, 24], WorkerPlanQuestion.Read("1000", "3", null, null).ByWindow().Select(plan => plan.Hours));
        Assert.Equal([5, 12, 24], WorkerPlanQuestion.Read("1000", "3601", null, null).ByWindow().Select(plan => plan.Hours));
    }

    [Fact]
    public void The_asked_for_concurrency_stands_among_the_usual_ones()
        => Assert.Equal(
            [1, 8, 16, 20, 64],
            WorkerPlanQuestion.Read("1000", "3", "5", "20").ByFlight().Select(plan => plan.RecordsInFlight));

    [Theory]
    [InlineData("0", "3", "5", null, "--records")]
    [InlineData("-5", "3", "5", null, "--records")]
    [InlineData("1.5", "3", "5", null, "--records")]
    [InlineData("1000000000000001", "3", "5", null, "--records")]
    [InlineData("2,000", "3", "5", null, "--records")]
    [InlineData("many", "3", "5", null, "--records")]
    [InlineData(null, "3", "5", null, "--records")]
    [InlineData("10", null, "5", null, "--seconds-per-record")]
    [InlineData("10", "0", "5", null, "--seconds-per-record")]
    [InlineData("10", "-1", "5", null, "--seconds-per-record")]
    [InlineData("10", "NaN", "5", null, "--seconds-per-record")]
    [InlineData("10", "Infinity", "5", null, "--seconds-per-record")]
    [InlineData("10", "1e-40", "5", null, "--seconds-per-record")]
    [InlineData("10", "1e300", "5", null, "--seconds-per-record")]
    [InlineData("10", "18001", "5", null, "--seconds-per-record")]
    [InlineData("10", "86401", null, null, "--seconds-per-record")]
    [InlineData("10", "3", "0", null, "--hours")]
    [InlineData("10", "3", "-1", null, "--hours")]
    [InlineData("10", "3", "NaN", null, "--hours")]
    [InlineData("10", "3", "87601", null, "--hours")]
    [InlineData("10", "3", "5", "0", "--concurrency")]
    [InlineData("10", "3", "5", "1.5", "--concurrency")]
    [InlineData("10", "3", "5", "10001", "--concurrency")]
    public void Absurd_input_is_refused_with_a_sentence_that_names_the_option(
        string? records, string? seconds, string? hours, string? inFlight, string option)
    {
        var refused = Assert.Throws<UserException>(() => WorkerPlanQuestion.Read(records, seconds, hours, inFlight));

        Assert.Equal(ExitCode.Configuration, refused.Code);
        Assert.Contains(option, refused.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_answer_shows_workers_check_and_the_time_of_one_alone()
    {
        var terminal = new TestTerminal(120, 40);

        WorkerPlanText.Write(terminal.Console, WorkerPlanQuestion.Read("2000000", "3", "5", null));

        Assert.Equal("334 workers of at most 6,000 records", terminal.Rows[0]);
        Assert.Contains("334 × 6,000 = 2,004,000 ≥ 2,000,000", terminal.Text, StringComparison.Ordinal);
        Assert.Contains("69 days 10.7 hours", terminal.Text, StringComparison.Ordinal);
        Assert.Matches(@"64 +6 +384,000", terminal.Text);
    }

    private static bool Fits(long nanoseconds, long thousandthsOfAnHour)
        => nanoseconds <= (BigInteger)thousandthsOfAnHour * 3_600_000_000;
}
