using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

public sealed class RowIsolationTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private const int Rows = 1000;

    private readonly TargetLab _lab = new(target);

    [Fact]
    public async Task A_user_who_may_make_no_temporary_table_loses_no_row_either()
    {
        var role = $"r{Guid.NewGuid():N}";
        await using var connection = await _lab.PrepareAsync(_lab.Mapping, Faulty + $"CREATE ROLE {role}; GRANT USAGE ON SCHEMA {{0}} TO {role}; GRANT INSERT ON {{0}}.products TO {role}");
        var database = connection.Database;
        await connection.ExecuteAsync($"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC; SET ROLE {role}");
        try
        {
            await CheckAsync(connection);
        }
        finally
        {
            await connection.ExecuteAsync($"RESET ROLE; GRANT TEMPORARY ON DATABASE {database} TO PUBLIC; DROP OWNED BY {role} CASCADE; DROP ROLE {role}");
        }
    }

    /// <summary>COPY goes past rules, and so must the rows of a batch in which some are at fault.</summary>
    [Fact]
    public async Task Rules_are_gone_past_where_rows_are_refused_too()
    {
        await using var connection = await _lab.PrepareAsync(
            _lab.Mapping, Faulty + "CREATE RULE nothing AS ON INSERT TO {0}.products DO INSTEAD NOTHING");

        await CheckAsync(connection);
    }

    private const string Faulty =
        "CREATE TABLE {0}.v (id int PRIMARY KEY); INSERT INTO {0}.v SELECT generate_series(0, 9);"
        + "ALTER TABLE {0}.products ADD CHECK (stock >= 0), ADD FOREIGN KEY (vendor) REFERENCES {0}.v;";

    private async Task CheckAsync(NpgsqlConnection connection)
    {
        var documents = TargetLab.Documents(Rows);
        documents[437]["stock"] = -1;
        documents[800]["vendor"] = 77;

        var outcome = await TargetLab.CommitAsync(connection, _lab.Mapping, documents);

        Assert.Equal([(437, "23514"), (800, "23503")], outcome.Rejected.Select(r => (r.Row, r.Rejection.SqlState!)));
        await connection.ExecuteAsync("RESET ROLE");
        Assert.Equal(Rows - 2, await _lab.CountAsync(connection));
    }

    [Fact]
    public async Task A_fault_whose_line_COPY_names_costs_one_attempt_more()
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping, "ALTER TABLE {0}.products ADD CHECK (stock >= 0)");
        var documents = TargetLab.Documents(Rows);
        documents[437]["stock"] = -1;
        using var rows = TargetLab.Map(_lab.Mapping, documents);
        var attempts = new List<(int, int)>();
        await using var transaction = await connection.BeginTransactionAsync();
        var isolation = new RowIsolation(connection, transaction);
        await isolation.BeginAsync(null, CancellationToken.None);

        await isolation.SendAsync(0, Rows, AttemptAsync, CancellationToken.None);

        Assert.Equal(437, Assert.Single(isolation.Rejected).Row);
        Assert.Equal([(0, 1000), (0, 437), (438, 562)], attempts);

        async Task<int> AttemptAsync(int first, int count, CancellationToken token)
        {
            attempts.Add((first, count));
            await CopyStream.SendAsync(connection, new TableSql(_lab.Mapping).Copy, rows, first, count, token);
            return count;
        }
    }
}
