using System.Net.Sockets;
using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Migration.Worker.Sources;
using Migration.Worker.Targets;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Migration.Worker;

/// <summary>Turns what ended a program into one message for the user and an exit code.</summary>
public static class Failure
{
    /// <summary>Ends a program with a message of its own making.</summary>
    public static (int Code, string Message) Describe(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [var only] } => Describe(only),
        UserException e => (e.Code, e.Message),
        MigrationFileException e => (ExitCode.Configuration, e.Message),
        ConnectionTextException e => (ExitCode.Configuration, e.Message),
        SourceException { IsTransient: true } e => (ExitCode.Unreachable, e.Message),
        SourceException e => (ExitCode.Configuration, e.Message),
        TargetException e => (ExitCode.Configuration, e.Message),
        LedgerException { InnerException: PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } } e
            => (ExitCode.Configuration, e.Message),
        LedgerException e => (ExitCode.Refused, e.Message),
        PostgresException e when PostgresErrors.IsTransient(e) => (ExitCode.Unreachable,
            "PostgreSQL cannot be used now: " + e.MessageText + $" (SQLSTATE {e.SqlState})."),
        PostgresException e => (ExitCode.Configuration, "PostgreSQL refused: " + e.MessageText + Hint(e) + $" (SQLSTATE {e.SqlState})."),
        NpgsqlException e => (ExitCode.Unreachable, "PostgreSQL cannot be reached: " + Innermost(e) + ". Check target.uri and that the server is up."),
        BrokerUnreachableException e when Find<AuthenticationFailureException>(e) is not null => (ExitCode.Configuration,
            "RabbitMQ refused the user or password of broker.uri."),
        BrokerUnreachableException e when Find<OperationInterruptedException>(e) is { ShutdownReason: { Initiator: ShutdownInitiator.Peer, ReplyCode: 402 or 403 or 530 } } => (ExitCode.Configuration,
            "RabbitMQ refused the connection: " + Innermost(e) + ". Check the virtual host and the user's rights in broker.uri."),
        OperationInterruptedException { ShutdownReason.ReplyCode: 406 } e => (ExitCode.Configuration,
            "RabbitMQ has this run's queues with other arguments, as another version of this program makes them: " + Innermost(e)
            + ". Delete the queue while no worker runs; nothing is lost with it, the ledger knows what to send again."),
        OperationInterruptedException { ShutdownReason.ReplyCode: 403 or 530 } e => (ExitCode.Configuration,
            "RabbitMQ refused: " + Innermost(e) + ". Check the user's rights (configure, write, read) on 'migration-.*'."),
        OperationInterruptedException { ShutdownReason.ReplyCode: 541 } e => (ExitCode.Unreachable,
            "RabbitMQ failed inside: " + Innermost(e) + ". Its log says why; restarting it usually mends it, and the run goes on then."),
        OperationInterruptedException or AlreadyClosedException => (ExitCode.Unreachable,
            "RabbitMQ closed the connection: " + Innermost(exception) + ". Check that the server is up."),
        TimeoutException e => (ExitCode.Unreachable, e.Message),
        BrokerUnreachableException e => (ExitCode.Unreachable, "RabbitMQ cannot be reached: " + Innermost(e) + ". Check broker.uri and that the server is up."),
        _ when IsCancellation(exception) => (ExitCode.Interrupted, "Stopped."),
        _ => (ExitCode.Unexpected, $"Unexpected: {TransientRetry.FirstLine(exception)} ({exception.GetType().Name}). Run again with --debug to see where."),
    };

    /// <summary>Of one thing or, where several services had to stop and took longer than they may, of all of them.</summary>
    public static bool IsCancellation(Exception exception) => exception
        is OperationCanceledException
        || exception is AggregateException { InnerExceptions: { Count: > 0 } all } && all.All(IsCancellation);

    private static string Hint(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
            => "; check the user and password of target.uri",
        PostgresErrorCodes.InvalidCatalogName => "; create the database first, or name another in target.uri",
        PostgresErrorCodes.InsufficientPrivilege => "; grant the right, or use another user in target.uri",
        _ => "",
    };

    private static T? Find<T>(Exception? exception)
        where T : Exception
        => exception is null or T ? exception as T : Find<T>(exception.InnerException);

    private static string Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner and not SocketException { Message: "" })
            exception = inner;
        return TransientRetry.FirstLine(exception);
    }
}
