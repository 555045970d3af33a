using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

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

    [Theory]
    [InlineData(ShutdownInitiator.Peer, 530, ExitCode.Configuration)]
    [InlineData(ShutdownInitiator.Peer, 403, ExitCode.Configuration)]
    [InlineData(ShutdownInitiator.Peer, 320, ExitCode.Unreachable)]
    [InlineData(ShutdownInitiator.Library, 541, ExitCode.Unreachable)]
    public void A_broker_that_goes_away_while_it_is_greeted_has_refused_nobody(ShutdownInitiator initiator, ushort code, int expected)
    {
        var greeting = new OperationInterruptedException(new ShutdownEventArgs(initiator, code, "Pipe is completed."));

        Assert.Equal(expected, Failure.Describe(new BrokerUnreachableException(greeting)).Code);
    }
}
