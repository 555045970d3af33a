using System.Buffers.Binary;
using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>
/// A batch that is expected to hold rows at fault: PostgreSQL is asked which, all others go straight in by COPY, and those
/// go row by row. For one call of <see cref="WriteAsync"/>.
/// </summary>
/// <remarks>The answer only orders the work: a suspect that PostgreSQL takes is written, and what else it refuses, COPY shows.</remarks>
internal sealed class ProbedBatch(TableSql sql, NpgsqlConnection connection, NpgsqlTransaction transaction, RowBuffer rows, FaultProbes probes)
{
    private readonly RowIsolation _isolation = new(connection, transaction);

    /// <summary>In no order.</summary>
    public IEnumerable<RejectedRow> Rejected { get; private set; } = [];

    /// <returns>Rows inserted; null when there is nothing to ask or the answer fell short: then nothing was written.</returns>
    public async Task<int?> WriteAsync(CancellationToken cancellationToken)
    {
        if (probes.Sql is not { } probe) return null;
        await _isolation.BeginAsync(probe.Staging.Prepare, cancellationToken);
        if (await FindSuspectsAsync(probe, cancellationToken) is not { } suspects) return null;
        if (await _isolation.TryAsync(rows.Count, (_, _, token) => CopyOthersAsync(suspects, token), cancellationToken) is not { } copied)
            return null;
        return suspects.Count == 0 ? copied : copied + await WriteSuspectsAsync(suspects, cancellationToken);
    }

    private async Task<IReadOnlyList<int>?> FindSuspectsAsync(ProbeSql probe, CancellationToken cancellationToken)
    {
        using var asked = Numbered(probe.Fields);
        if (await _isolation.TryAsync(rows.Count, (first, count, token) => StageAsync(probe, asked, first, count, token), cancellationToken) is null)
            return null;
        try
        {
            return await AskAsync(probe, cancellationToken);
        }
        catch (PostgresException error) when (!PostgresErrors.IsTransient(error))
        {
            // A right that is lacking, an expression that fails on a value: nothing is wrong with the rows on that account.
            await _isolation.UndoAsync(cancellationToken);
            probes.GiveUp();
            return null;
        }
    }

    private async Task<int> StageAsync(ProbeSql probe, RowBuffer asked, int first, int count, CancellationToken cancellationToken)
    {
        await CopyStream.SendAsync(connection, probe.Staging.Copy, asked, first, count, cancellationToken);
        return count;
    }

    private async Task<IReadOnlyList<int>> AskAsync(ProbeSql probe, CancellationToken cancellationToken)
    {
        var suspects = new List<int>();
        await using var command = new NpgsqlCommand(probe.Query, connection, transaction);
        await using var answer = await command.ExecuteReaderAsync(cancellationToken);
        while (await answer.ReadAsync(cancellationToken)) suspects.Add(answer.GetInt32(0));
        return suspects;
    }

    private async Task<int> CopyOthersAsync(IReadOnlyList<int> suspects, CancellationToken cancellationToken)
    {
        if (suspects.Count < rows.Count) await CopyStream.SendWithoutAsync(connection, sql.Copy, rows, suspects, cancellationToken);
        return rows.Count - suspects.Count;
    }

    private async Task<int> WriteSuspectsAsync(IReadOnlyList<int> suspects, CancellationToken cancellationToken)
    {
        using var few = new RowBuffer();
        foreach (var row in suspects)
        {
            few.Append(rows.Row(row).Span);
            few.EndRow();
        }

        var batch = new TableBatch(sql, connection, transaction, few, isDirect: true, mayGoRowByRow: true);
        var written = await batch.WriteAsync(expectsFaults: true, cancellationToken);
        Rejected = batch.Rejected.Select(rejected => rejected with { Row = suspects[rejected.Row] });
        return written;
    }

    /// <summary>The rows' fields of these places, after each row's own number.</summary>
    private RowBuffer Numbered(IReadOnlyList<int> fields)
    {
        var asked = new RowBuffer();
        for (var row = 0; row < rows.Count; row++)
        {
            asked.AppendInt16((short)(fields.Count + 1));
            BinaryPrimitives.WriteInt32BigEndian(asked.AppendField(sizeof(int)), row);
            AppendFields(asked, rows.Row(row).Span[sizeof(short)..], fields);
            asked.EndRow();
        }

        return asked;
    }

    private static void AppendFields(RowBuffer asked, ReadOnlySpan<byte> row, IReadOnlyList<int> fields)
    {
        for (var (field, next) = (0, 0); next < fields.Count; field++)
        {
            var bytes = sizeof(int) + Math.Max(BinaryPrimitives.ReadInt32BigEndian(row), 0);
            if (field == fields[next])
            {
                asked.Append(row[..bytes]);
                next++;
            }

            row = row[bytes..];
        }
    }
}
