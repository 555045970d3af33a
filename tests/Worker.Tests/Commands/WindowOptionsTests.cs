using System.CommandLine;
using Migration.Worker.Commands;
using Migration.Worker.HandSlices;

namespace Migration.Worker.Tests.Commands;

public sealed class WindowOptionsTests
{
    [Theory]
    [InlineData("--offset 700 --limit 70", "", 700, 70)]
    [InlineData("--number 3 --size 100", "", 300, 100)]
    [InlineData("", "DB_MIGRATE_JOB_NUMBER=2 JOB_COMPLETION_INDEX=9 DB_MIGRATE_BATCH_SIZE=50", 100, 50)]
    [InlineData("", "JOB_COMPLETION_INDEX=9 DB_MIGRATE_BATCH_SIZE=50", 450, 50)]
    [InlineData("--number 1", "JOB_COMPLETION_INDEX=9 DB_MIGRATE_BATCH_SIZE=50", 50, 50)]
    [InlineData("--size 7", "JOB_COMPLETION_INDEX=0", 0, 7)]
    public void A_window_is_asked_for_by_number_or_by_offset(string arguments, string environment, long offset, long limit)
    {
        var window = Read(arguments, environment);

        Assert.Equal((offset, limit), (window.Offset, window.Limit));
    }

    [Theory]
    [InlineData("--offset 0 --limit 5 --number 1", "", "not both")]
    [InlineData("--offset 1", "", "--offset is given without --limit.")]
    [InlineData("--limit 1", "", "--limit is given without --offset.")]
    [InlineData("", "", "Say which slice: --number is not given, nor DB_MIGRATE_JOB_NUMBER or JOB_COMPLETION_INDEX set.")]
    [InlineData("--number 1", "", "Say which slice: --size is not given, nor DB_MIGRATE_BATCH_SIZE set.")]
    [InlineData("--number -1 --size 5", "", "--number is -1; give a number from 0")]
    [InlineData("--number 9000000000000000000 --size 5", "", "--number is 9000000000000000000; give a number from 0")]
    [InlineData("--number 1 --size 0", "", "--size is 0; give a number from 1 to 2147483647.")]
    [InlineData("--offset 5 --limit 0", "", "--limit is 0; give a number from 1 to 2147483647.")]
    [InlineData("", "JOB_COMPLETION_INDEX=one DB_MIGRATE_BATCH_SIZE=50", "JOB_COMPLETION_INDEX is 'one'; give a whole number.")]
    [InlineData("", "JOB_COMPLETION_INDEX=1 DB_MIGRATE_BATCH_SIZE=-50", "DB_MIGRATE_BATCH_SIZE is -50; give a number from 1")]
    public void What_makes_no_sense_is_named(string arguments, string environment, string message)
        => Assert.Contains(message, Assert.Throws<UserException>(() => Read(arguments, environment)).Message, StringComparison.Ordinal);

    private static SliceWindow Read(string arguments, string environment)
    {
        var command = new RootCommand();
        WindowOptions.AddTo(command);
        var variables = environment.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return WindowOptions.Read(command.Parse(arguments), variables.GetValueOrDefault);
    }
}
