namespace Migration.Worker.Tests;

public sealed class FailureTests
{
    [Fact]
    public void A_stop_that_took_too_long_for_several_services_is_no_fault_of_the_program()
    {
        var late = new AggregateException("late", new OperationCanceledException(), new TaskCanceledException());

        Assert.Equal(ExitCode.Interrupted, Failure.Describe(late).Code);
        Assert.Equal(ExitCode.Unexpected, Failure.Describe(new AggregateException(new InvalidOperationException(), late)).Code);
    }
}
