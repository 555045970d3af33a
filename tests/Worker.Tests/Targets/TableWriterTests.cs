using Migration.Contracts.Migrations;
using Migration.Worker.Targets;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

public sealed class TableWriterTests(TargetFixture target) : IClassFixture<TargetFixture>
{
    private const int Rows = 1000;

    private readonly TargetLab _lab = new(target);

    [Fact]
    public async Task A_batch_without_faults_is_written_and_commits_with_the_caller_s_transaction()
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping);
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var outcome = await TargetLab.WriteAsync(connection, transaction, _lab.Mapping, TargetLab.Documents(Rows));
            Assert.Equal((Rows, 0, 0), (outcome.Written, outcome.Skipped, outcome.Rejected.Count));
            await transaction.RollbackAsync();
        }

        Assert.Equal(0, await _lab.CountAsync(connection));
        await TargetLab.CommitAsync(connection, _lab.Mapping, TargetLab.Documents(Rows));
        Assert.Equal(Rows, await _lab.CountAsync(connection));
    }

    [Fact]
    public async Task Batches_of_one_transaction_and_of_one_connection_do_not_mix()
    {
        var mapping = _lab.Mapping with { OnConflict = ConflictAction.Skip };
        await using var connection = await _lab.PrepareAsync(mapping);
        for (var round = 0; round < 2; round++)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            for (var batch = 0; batch < 2; batch++)
            {
                var documents = TargetLab.Documents(10, first: round * 20 + batch * 10);
                var outcome = await TargetLab.WriteAsync(connection, transaction, mapping, documents);
                Assert.Equal((10, 0), (outcome.Written, outcome.Skipped));
            }

            await transaction.CommitAsync();
        }

        Assert.Equal(40, await _lab.CountAsync(connection));
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    public async Task What_is_no_row_s_fault_is_thrown(ConflictAction onConflict)
    {
        var mapping = _lab.Mapping with { OnConflict = onConflict };
        await using var connection = await _lab.PrepareAsync(mapping, "ALTER TABLE {0}.products DROP COLUMN stock");

        var error = await Assert.ThrowsAsync<PostgresException>(() => TargetLab.CommitAsync(connection, mapping, TargetLab.Documents(10)));

        Assert.Equal(PostgresErrorCodes.UndefinedColumn, error.SqlState);
        Assert.False(PostgresErrors.IsTransient(error));
    }

    [Theory]
    [InlineData(ConflictAction.Fail)]
    [InlineData(ConflictAction.Skip)]
    public async Task A_right_that_is_lacking_is_no_row_s_fault(ConflictAction onConflict)
    {
        var mapping = _lab.Mapping with { OnConflict = onConflict };
        var role = $"r{Guid.NewGuid():N}";
        await using var connection = await _lab.PrepareAsync(
            mapping, $"CREATE ROLE {role}; GRANT USAGE ON SCHEMA {{0}} TO {role}; SET ROLE {role}");
        try
        {
            var error = await Assert.ThrowsAsync<PostgresException>(() => TargetLab.CommitAsync(connection, mapping, TargetLab.Documents(10)));

            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
            Assert.True(PostgresErrors.IsConfiguration(error));
        }
        finally
        {
            await connection.ExecuteAsync($"RESET ROLE; DROP OWNED BY {role} CASCADE; DROP ROLE {role}");
        }
    }

    [Fact]
    public async Task A_cancelled_write_stops_the_copy_and_leaves_the_connection_usable()
    {
        await using var connection = await _lab.PrepareAsync(_lab.Mapping);
        using var cancelled = new CancellationTokenSource();
        using var rows = TargetLab.Map(_lab.Mapping, TargetLab.Documents(10));
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => new TableWriter(_lab.Mapping).WriteAsync(connection, transaction, rows, cancelled.Token));
            await transaction.RollbackAsync();
        }

        Assert.Equal(0, await _lab.CountAsync(connection));
    }
}
