using Npgsql;

namespace Migration.Contracts.Ledger;

/// <summary>The columns of <c>migration.slice s</c> that people see, and how they are read.</summary>
internal static class SliceRows
{
    public const int Count = 13;

    public const string Columns =
        """
        s.run_id, s.collection, s.number, s.state, s.record_offset, s.record_limit, s.read, s.written, s.quarantined,
        s.skipped, s.attempts, coalesce(extract(epoch FROM s.finished_at - s.claimed_at)::float8, 0), s.error
        """;

    public static SliceProgress Read(NpgsqlDataReader row) => new(
        new SliceId(row.GetGuid(0), row.GetString(1), row.GetInt32(2)),
        Enum.Parse<SliceState>(row.GetString(3), ignoreCase: true), row.GetInt64(4), row.GetInt64(5),
        new SliceCounts(row.GetInt64(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9)),
        row.GetInt32(10), row.GetDouble(11), row.Text(12));
}
