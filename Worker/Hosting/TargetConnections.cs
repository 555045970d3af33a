using Migration.Contracts.Ledger;
using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Worker.Hosting;

/// <summary>
/// A worker's connections to the target: no more at a time than its share of the run's.
/// </summary>
/// <remarks>
/// <para>One is for the heartbeat and what else is asked now and then, so that a heartbeat never waits behind a batch; the
/// others are for slices. A slice in hand uses one at a time and there are no more of them than connections, so that none
/// waits for another's.</para>
/// <para>Without a share nothing is held: what is asked then opens a connection and closes it.</para>
/// </remarks>
internal sealed class TargetConnections : IAsyncDisposable
{
    private const int OfHeartbeat = 1;

    private readonly WorkerIdentity _worker;
    private readonly string _uri;
    private readonly NpgsqlDataSource _single;
    private volatile NpgsqlDataSource? _kept;
    private NpgsqlDataSource? _slices;

    public TargetConnections(WorkerOptions options, WorkerIdentity worker)
    {
        (_worker, _uri) = (worker, options.Target);
        _single = Open(pool: null);
    }

    /// <summary>For what is no slice's: one connection that is kept, or without a share one for each use.</summary>
    public NpgsqlDataSource Ledger => _kept ?? _single;

    /// <summary>Opens a connection for each use, beyond the share: for an attempt that sits on the slice's own and will not let go.</summary>
    public NpgsqlDataSource Single => _single;

    /// <exception cref="InvalidOperationException">There is no share.</exception>
    public NpgsqlDataSource Slices => _slices ?? throw new InvalidOperationException("Slices are not taken without a share of the connections.");

    public bool HasShare => _kept is not null;

    /// <summary>How many slices may be in hand; 0 without a share.</summary>
    public int ForSlices { get; private set; }

    /// <returns>Null when there is no answer; with 0 connections the worker has to ask again.</returns>
    /// <param name="slices">How many it would have in hand.</param>
    public async Task<ConnectionShare?> AskAsync(RunRecord run, int slices, TimeSpan lease, CancellationToken cancellationToken)
    {
        var share = await new ConnectionLedger(Ledger).AskAsync(_worker.Id, run.Id, slices + OfHeartbeat, lease, cancellationToken);
        if (share is not { Connections: > 0 and var connections })
            return share;
        ForSlices = connections - OfHeartbeat;
        _slices = Open(ForSlices);
        _kept = Open(OfHeartbeat);
        Instruments.MayHold(connections);
        return share;
    }

    /// <summary>For a worker with no slice in hand: others may have its share.</summary>
    public async Task GiveBackAsync(CancellationToken cancellationToken)
    {
        if (!HasShare)
            return;
        await CloseAsync();
        await new ConnectionLedger(_single).GiveBackAsync(_worker.Id, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _single.DisposeAsync();
    }

    private async Task CloseAsync()
    {
        var (kept, slices) = (_kept, _slices);
        (_kept, _slices) = (null, null);
        if (kept is null || slices is null)
            return;
        Instruments.MayHold(-ForSlices - OfHeartbeat);
        ForSlices = 0;
        await slices.DisposeAsync();
        await kept.DisposeAsync();
    }

    /// <param name="pool">Connections that are kept open and shared; null for one each time. What the URI says of pooling does not count.</param>
    private NpgsqlDataSource Open(int? pool)
    {
        var connection = new NpgsqlConnectionStringBuilder(ConnectionText.ToNpgsql(_uri))
        {
            ApplicationName = WorkerSession.ApplicationName(_worker.Name),
            IncludeErrorDetail = true,
            Pooling = pool is not null,
            MinPoolSize = 0,
        };
        if (pool is { } size)
            connection.MaxPoolSize = size;
        return WorkerSession.Open(connection);
    }
}
