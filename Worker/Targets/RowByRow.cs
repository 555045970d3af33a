using Npgsql;

namespace Migration.Worker.Targets;

/// <summary>Has PostgreSQL insert the rows of the temporary table and leave out those that it refuses; see <see cref="RowByRowSql"/>.</summary>
internal sealed class RowByRow(NpgsqlConnection connection, NpgsqlTransaction transaction, RowByRowSql sql)
{
    /// <summary>So that a call stays far from the command time-out, also where a trigger takes its time for each row.</summary>
    private const int RowsInACall = 1000;

    private readonly List<RejectedRow> _rejected = [];

    /// <summary>In the order of the rows.</summary>
    public IReadOnlyList<RejectedRow> Rejected => _rejected;

    /// <returns>How many were inserted, or updated.</returns>
    /// <exception cref="PostgresException">
    /// What is no row's fault; or a policy's refusal (<see cref="PostgresErrors.IsRowFault"/>), which SQL cannot tell from
    /// a right that is lacking.
    /// </exception>
    public async Task<int> InsertAsync(int count, CancellationToken cancellationToken)
    {
        await using (var prepare = new NpgsqlCommand(sql.Prepare, connection, transaction))
            await prepare.ExecuteNonQueryAsync(cancellationToken);
        var written = 0;
        for (var first = 0; first < count; first += RowsInACall)
            written += await InsertAsync(first, Math.Min(first + RowsInACall, count), cancellationToken);
        return written;
    }

    private async Task<int> InsertAsync(int first, int after, CancellationToken cancellationToken)
    {
        await using var call = new NpgsqlCommand(sql.Call, connection, transaction)
        {
            Parameters = { new() { Value = first }, new() { Value = after } },
        };
        await using var answer = await call.ExecuteReaderAsync(cancellationToken);
        while (await answer.ReadAsync(cancellationToken))
        {
            if (await answer.IsDBNullAsync(1, cancellationToken)) return answer.GetInt32(0);
            _rejected.Add(RefusedRow.Of(answer.GetInt32(0), answer.GetString(1), answer.GetString(2), answer.GetString(3), answer.GetString(4)));
        }

        throw new InvalidOperationException($"PostgreSQL did not tell how many of the rows {first} to {after - 1} it took.");
    }
}
