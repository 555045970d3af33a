using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>
/// At most one coordinator drives a run: a session advisory lock on a connection of its own, which PostgreSQL lets go of
/// when the coordinator's process or its connection ends, however it ends.
/// </summary>
/// <remarks>
/// A dead coordinator's session may outlive it, where what lies between (a proxy, a load balancer) keeps its own half of
/// the connection open and answers for it. The holder makes itself heard every ten seconds; one that is not heard
/// (<see cref="SilentHolder"/>) has its session ended by whoever asks next, and learns of it at its next word.
/// </remarks>
public sealed class RunLock : IAsyncDisposable
{
    // A machine that vanishes sends no goodbye, and PostgreSQL asks after it only after two hours unless told otherwise;
    // so long would the run wait for a dead coordinator. With these it is 35 seconds.
    private const string AskAfterTheClient =
        "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

    /// <summary>Three words of the holder that did not come, before a watch of the same length begins.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private const int SecondsBetweenWords = 10;

    internal const string HoldsKey =
        """
        l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (l.classid::bigint << 32 | l.objid::bigint) = $1
        """;

    private readonly string _connectionString;
    private readonly string _runName;
    private readonly string _holder;

    private RunLock(NpgsqlConnection connection, string connectionString, string runName, string holder)
        => (Connection, _connectionString, _runName, _holder) = (connection, connectionString, runName, holder);

    internal NpgsqlConnection Connection { get; private set; }

    /// <param name="holder">Who asks, as <c>host:pid</c>; shown to whoever asks next. At most 40 characters are kept.</param>
    /// <param name="tell">Told, in a sentence, when the lock is in the hands of one that is not heard of and is watched.</param>
    /// <param name="silence">Null for <see cref="Silence"/>.</param>
    /// <exception cref="LedgerException">Another coordinator holds it; the message says which, from where and since when.</exception>
    public static async Task<RunLock> AcquireAsync(
        string connectionString, string runName, string holder, CancellationToken cancellationToken,
        Action<string>? tell = null, TimeSpan? silence = null)
    {
        var key = Key(runName);
        var connection = await LockAsync(
            connectionString, holder, key,
            held => new SilentHolder(held, runName, key, silence ?? Silence, tell).TakeOverAsync(cancellationToken), cancellationToken);
        return new RunLock(connection, connectionString, runName, holder);
    }

    /// <summary>Takes the lock again when its connection, and the lock with it, was lost.</summary>
    /// <exception cref="LedgerException">Another coordinator took it meanwhile.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        if (await IsAliveAsync(cancellationToken))
            return;
        await Connection.DisposeAsync();
        await EndLostSessionAsync(cancellationToken);
        var key = Key(_runName);
        Connection = await LockAsync(
            _connectionString, _holder, key,
            async held => throw new LedgerException(await LockHolder.DescribeAsync(held, _runName, key, cancellationToken)),
            cancellationToken);
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    /// <summary>Whether a coordinator drives the run at this moment; only looks.</summary>
    public static Task<bool> IsHeldAsync(NpgsqlDataSource target, string runName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_locks l WHERE {HoldsKey})", cancellationToken, Key(runName));
    }

    private async Task<bool> IsAliveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Connection.ScalarAsync<int>("SELECT 1", cancellationToken) == 1;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>
    /// PostgreSQL may not have noticed yet that the lost connection is gone, and would tell this coordinator that it holds
    /// the lock itself. A session of this process's name can only be that one.
    /// </summary>
    private async Task EndLostSessionAsync(CancellationToken cancellationToken)
    {
        var builder = new NpgsqlConnectionStringBuilder(_connectionString) { Pooling = false };
        await using var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = $1 AND usename = current_user AND datname = current_database()
            """,
            cancellationToken, Name(_holder));
    }

    /// <summary>PostgreSQL keeps 63 bytes of an application name; the end, with the process id, is what tells two apart.</summary>
    private static string Name(string holder) => "coordinator " + holder[Math.Max(0, holder.Length - 40)..];

    /// <param name="whenHeld">What to do where another has it: gets it, or throws.</param>
    private static async Task<NpgsqlConnection> LockAsync(
        string connectionString, string holder, long key, Func<NpgsqlConnection, Task> whenHeld, CancellationToken cancellationToken)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = Name(holder),
            Pooling = false,
            KeepAlive = SecondsBetweenWords,
        };
        var connection = new NpgsqlConnection(builder.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            await connection.ExecuteAsync(AskAfterTheClient, cancellationToken);
            if (!await TryLockAsync(connection, key, cancellationToken))
                await whenHeld(connection);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tried for a moment: a session that was just told to end needs some milliseconds for it.</summary>
    internal static async Task<bool> TryLockAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken)
    {
        for (var again = 0; again < 10; again++)
        {
            if (await connection.ScalarAsync<bool>("SELECT pg_try_advisory_lock($1)", cancellationToken, key))
                return true;
            await connection.ExecuteAsync("SELECT pg_sleep(0.05)", cancellationToken);
        }

        return false;
    }

    internal static long Key(string runName)
        => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("migration run " + runName)));
}
