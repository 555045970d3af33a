using System.Net.Sockets;
using System.Security.Authentication;
using MongoDB.Driver;

namespace Migration.Worker.Sources;

/// <summary>Decides once, for the whole system, which of the driver's errors pass by themselves, and says them in words.</summary>
internal static class MongoErrors
{
    // The retryable codes of the driver specification "Retryable Reads", and those that end a cursor or a wait.
    private static readonly HashSet<int> s_transientCodes =
    [
        6, // HostUnreachable
        7, // HostNotFound
        43, // CursorNotFound
        50, // MaxTimeMSExpired
        63, // StaleShardVersion
        89, // NetworkTimeout
        91, // ShutdownInProgress
        112, // WriteConflict
        133, // FailedToSatisfyReadPreference
        134, // ReadConcernMajorityNotAvailableYet
        136, // CappedPositionLost
        175, // QueryPlanKilled
        189, // PrimarySteppedDown
        202, // NetworkInterfaceExceededTimeLimit
        237, // CursorKilled
        262, // ExceededTimeLimit
        290, // TransactionExceededLifetimeLimitSeconds
        9001, // SocketException
        10107, // NotWritablePrimary
        11600, // InterruptedAtShutdown
        11601, // Interrupted
        11602, // InterruptedDueToReplStateChange
        13388, // StaleConfig
        13435, // NotPrimaryNoSecondaryOk
        13436, // NotPrimaryOrSecondary
    ];

    private static readonly string[] s_transientLabels =
        ["NetworkError", "TransientTransactionError", "RetryableWriteError", "RetryableError", "SystemOverloadedError"];

    private const int Unauthorized = 13;
    private static readonly HashSet<int> s_authenticationCodes = [11, 18, 8000]; // UserNotFound, AuthenticationFailed, AtlasError

    /// <summary>What the driver and the network throw; anything else is a defect of ours and is not to be dressed up.</summary>
    public static bool IsExpected(Exception e) =>
        e is MongoException or TimeoutException or SocketException or IOException or AuthenticationException;

    public static bool IsTransient(Exception e) => e switch
    {
        _ when IsAuthentication(e) || Chain(e).Any(inner => inner is AuthenticationException) => false,
        MongoCursorNotFoundException or MongoExecutionTimeoutException or MongoNodeIsRecoveringException or MongoNotPrimaryException => true,
        MongoCommandException command => s_transientCodes.Contains(command.Code) || s_transientLabels.Any(command.HasErrorLabel),
        MongoConnectionException or MongoConnectionPoolPausedException or MongoWaitQueueFullException => true,
        TimeoutException or SocketException or IOException => true,
        _ => false,
    };

    /// <param name="where">The source's description.</param>
    /// <param name="what">What was being done, as "reading a page after _id 7".</param>
    public static SourceException Translate(Exception e, string where, string what, IMongoClient client) =>
        new($"{where}: {what} failed: {Reason(e, client)}", e) { IsTransient = IsTransient(e) };

    private static string Reason(Exception e, IMongoClient client) => e switch
    {
        _ when IsAuthentication(e) =>
            "the server refused the user name or the password; they stand in source.uri, where authSource names the database that knows the user",
        _ when Chain(e).OfType<AuthenticationException>().FirstOrDefault() is { } tls =>
            $"no TLS connection: {tls.Message}; see the tls options of source.uri",
        MongoCommandException { Code: Unauthorized } =>
            "the user may not do that; give it the role 'read' on the database",
        MongoCommandException command => $"the server answered {command.Code} {command.CodeName}: {command.ErrorMessage}",
        TimeoutException => $"no server answered within {client.Settings.ServerSelectionTimeout.TotalSeconds:0.###} s"
            + $" (serverSelectionTimeoutMS in source.uri){LastHeartbeat(client)}",
        MongoConnectionException => $"the connection broke: {Chain(e).Last().Message}",
        _ => e.Message,
    };

    private static bool IsAuthentication(Exception e) => Chain(e).Any(inner =>
        inner is MongoAuthenticationException && inner.InnerException is not (MongoConnectionException or IOException or SocketException)
        || inner is MongoCommandException command && s_authenticationCodes.Contains(command.Code));

    private static string LastHeartbeat(IMongoClient client) =>
        client.Cluster.Description.Servers.Select(server => server.HeartbeatException).FirstOrDefault(e => e is not null) is { } failure
            ? ": " + Chain(failure).Last().Message
            : "";

    private static IEnumerable<Exception> Chain(Exception e)
    {
        for (var inner = e; inner is not null; inner = inner.InnerException!)
            yield return inner;
    }
}
