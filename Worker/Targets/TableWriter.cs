using Migration.Contracts.Migrations;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>
/// Writes batches of rows into one table, inside the caller's transaction; commits nothing itself. Slices share it.
/// </summary>
/// <remarks>
/// <para>With <see cref="ConflictAction.Fail"/> rows go straight into the table by COPY. Otherwise, and where a trigger may
/// drop rows, COPY fills a temporary table and one statement merges it.</para>
/// <para>When PostgreSQL refuses that, the rows go row by row from the temporary table (<see cref="RowByRow"/>), where all
/// is refused but those at fault is taken. Where rows were refused, the next batch is expected to hold such rows too:
/// PostgreSQL is asked which (<see cref="ProbedBatch"/>), or where it cannot be, the batch goes row by row at once.</para>
/// <para>Where nothing was refused lately, rows need not be kept: see <see cref="StreamAsync"/>.</para>
/// </remarks>
internal sealed class TableWriter(CollectionMapping mapping)
{
    private readonly TableSql _sql = new(mapping);
    private readonly FaultProbes _probes = new(mapping);

    /// <summary>Asked by the first batch; slices that ask at a time get the same answer.</summary>
    private volatile TableTraits? _traits;

    private volatile bool _expectsFaults;

    private readonly StreamTrust _trust = new();

    /// <param name="MayDropRows">A trigger may drop rows without an error.</param>
    /// <param name="MayGoRowByRow">Rows can be sent row by row in place of COPY.</param>
    private sealed record TableTraits(bool MayDropRows, bool MayGoRowByRow);

    /// <summary>Whether rows may be streamed.</summary>
    public bool MayStream => _traits is { } traits && IsDirect(traits) && _trust.IsThere;

    /// <summary>
    /// Sends rows by one COPY as they come; none is kept. Should PostgreSQL refuse one, it is not known which, and the
    /// transaction is lost: the caller reads them all again and has the next batches kept.
    /// </summary>
    /// <param name="feed">Calls its first argument with rows as often as there are some.</param>
    /// <exception cref="NpgsqlException">Whatever was refused, rows at fault included (<see cref="PostgresErrors.IsRowFault"/>).</exception>
    public async Task StreamAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Func<Func<RowBuffer, Task>, CancellationToken, Task> feed,
        CancellationToken cancellationToken)
    {
        await RowIsolation.CheckAtOnceAsync(connection, transaction, cancellationToken);
        await CopyStream.CopyAsync(
            connection, _sql.Copy,
            (stream, token) => feed(rows => CopyStream.SendRowsAsync(stream, rows.Rows(0, rows.Count), token), token), cancellationToken);
    }

    /// <summary>To be told when what was streamed is committed.</summary>
    public void Streamed() => _trust.Streamed();

    /// <summary>To be told when it was not.</summary>
    public void StreamFailed() => _trust.Failed();

    /// <summary>Writes every row that PostgreSQL takes, and tells of the others why not.</summary>
    /// <exception cref="NpgsqlException">
    /// Anything that is not a row's fault (see <see cref="PostgresErrors.IsRowFault"/>); the transaction is lost then.
    /// </exception>
    public async Task<WriteOutcome> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, RowBuffer rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return new WriteOutcome(0, 0, []);
        var traits = _traits ??= await FindTraitsAsync(connection, transaction, cancellationToken);
        var isDirect = IsDirect(traits);
        var mayProbe = isDirect && traits.MayGoRowByRow;
        var (written, unordered) = mayProbe && _expectsFaults
            ? await WriteProbedAsync(connection, transaction, rows, cancellationToken)
            : await WriteAsync(connection, transaction, rows, isDirect, traits.MayGoRowByRow, cancellationToken);
        var rejected = unordered.OrderBy(r => r.Row).ToList();
        _expectsFaults = rejected.Count > 0;
        _trust.Kept(withoutRefusal: rejected.Count == 0);
        if (mayProbe && rejected.Count > 0) await _probes.LearnAsync(connection, transaction, rejected, cancellationToken);
        return new WriteOutcome(written, rows.Count - rejected.Count - written, rejected);
    }

    private bool IsDirect(TableTraits traits) => mapping.OnConflict == ConflictAction.Fail && !traits.MayDropRows;

    private async Task<(int Written, IEnumerable<RejectedRow> Rejected)> WriteProbedAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, RowBuffer rows, CancellationToken cancellationToken)
    {
        var probed = new ProbedBatch(_sql, connection, transaction, rows, _probes);
        return await probed.WriteAsync(cancellationToken) is { } written
            ? (written, probed.Rejected)
            : await WriteAsync(connection, transaction, rows, isDirect: true, mayGoRowByRow: true, cancellationToken);
    }

    private async Task<(int Written, IEnumerable<RejectedRow> Rejected)> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, RowBuffer rows, bool isDirect, bool mayGoRowByRow, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(_sql, connection, transaction, rows, isDirect, mayGoRowByRow);
        return (await batch.WriteAsync(_expectsFaults, cancellationToken), batch.Rejected);
    }

    private async Task<TableTraits> FindTraitsAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_sql.Traits, connection, transaction);
        await using var answer = await command.ExecuteReaderAsync(cancellationToken);
        await answer.ReadAsync(cancellationToken);
        return new TableTraits(answer.GetBoolean(0), answer.GetBoolean(1));
    }
}
