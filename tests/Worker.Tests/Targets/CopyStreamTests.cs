using System.Data;
using Migration.Contracts.Migrations;
using Migration.Worker.Mapping;
using Migration.Worker.Targets;
using Migration.Worker.Tests.Mapping;
using MongoDB.Bson;
using Npgsql;

namespace Migration.Worker.Tests.Targets;

/// <summary>What comes out of a COPY that does not reach its end, and what state it leaves the connection in.</summary>
public sealed class CopyStreamTests(TargetFixture target) : IClassFixture<TargetFixture>, IAsyncLifetime
{
    /// <summary>More than Npgsql buffers, so that each write goes to the server.</summary>
    private const int Rows = 2000;

    private readonly string _schema = $"s{Guid.NewGuid():N}";
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));
    private CollectionMapping _mapping = null!;
    private NpgsqlConnection _connection = null!;
    private NpgsqlConnection _other = null!;

    public async ValueTask InitializeAsync()
    {
        _mapping = Mappings.Load(
            "collections:\n  - name: products\n    primaryKey: id\n    columns: { id: { path: _id, type: int }, sku: text }\n",
            _schema);
        _connection = await target.OpenAsync();
        _other = await target.OpenAsync();
        await TargetTables.EnsureAllAsync(_connection, [_mapping], CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _other.DisposeAsync();
        _deadline.Dispose();
    }

    [Fact]
    public async Task A_connection_lost_in_mid_copy_is_a_transient_error()
    {
        var error = await Assert.ThrowsAnyAsync<NpgsqlException>(() => CopyAsync(
            async (stream, token) =>
            {
                await WriteRowsAsync(stream, 0, token);
                await TerminateAsync();
                // How many writes the system still takes is its own matter.
                for (var first = Rows; ; first += Rows) await WriteRowsAsync(stream, first, token);
            },
            _deadline.Token));

        Assert.True(PostgresErrors.IsTransient(error), error.ToString());
        Assert.NotEqual(ConnectionState.Open, _connection.State);
    }

    [Fact]
    public async Task A_connection_lost_at_the_end_of_a_copy_is_a_transient_error()
    {
        var error = await Assert.ThrowsAnyAsync<NpgsqlException>(() => CopyAsync(
            async (stream, token) =>
            {
                await WriteRowsAsync(stream, 0, token);
                await TerminateAsync();
            },
            _deadline.Token));

        Assert.True(PostgresErrors.IsTransient(error), error.ToString());
    }

    [Fact]
    public async Task A_statement_cancelled_in_mid_copy_is_a_transient_error_and_the_connection_stays()
    {
        var error = await Assert.ThrowsAsync<PostgresException>(() => CopyAsync(
            async (stream, token) =>
            {
                await WriteRowsAsync(stream, 0, token);
                await _other.ExecuteAsync($"SELECT pg_cancel_backend({_connection.ProcessID})");
                await WriteRowsAsync(stream, Rows, token);
            },
            _deadline.Token));

        Assert.Equal(PostgresErrorCodes.QueryCanceled, error.SqlState);
        Assert.True(PostgresErrors.IsTransient(error));
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_row_refused_in_mid_copy_is_the_server_s_refusal_and_the_connection_stays()
    {
        var error = await Assert.ThrowsAsync<PostgresException>(() => CopyAsync(
            async (stream, token) =>
            {
                for (var again = 0; again < 20; again++) await WriteRowsAsync(stream, 0, token);
            },
            _deadline.Token));

        Assert.Equal(PostgresErrorCodes.UniqueViolation, error.SqlState);
        Assert.Equal(0, await CountAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)] // the server has refused the second of each key by then
    public async Task A_copy_that_the_worker_cancels_is_cancelled_and_the_connection_stays(int times)
    {
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CopyAsync(
            async (stream, token) =>
            {
                for (var i = 0; i < times; i++) await WriteRowsAsync(stream, 0, token);
                await cancellation.CancelAsync();
                await WriteRowsAsync(stream, Rows, token);
            },
            cancellation.Token));

        Assert.Equal(0, await CountAsync());
    }

    private async Task CopyAsync(Func<Stream, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        await using var transaction = await _connection.BeginTransactionAsync(CancellationToken.None);
        await CopyStream.CopyAsync(_connection, new TableSql(_mapping).Copy, send, cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
    }

    private async Task WriteRowsAsync(Stream stream, int first, CancellationToken cancellationToken)
    {
        using var rows = new RowBuffer();
        var mapper = new RecordMapper(_mapping);
        for (var i = first; i < first + Rows; i++)
        {
            Assert.Null(mapper.Map(new BsonDocument { { "_id", i }, { "sku", $"the product with number {i}" } }.ToBson(), rows));
        }

        await stream.WriteAsync(rows.Rows(0, rows.Count), cancellationToken);
    }

    private Task TerminateAsync() => _other.ExecuteAsync($"SELECT pg_terminate_backend({_connection.ProcessID})");

    /// <summary>On the connection that copied.</summary>
    private Task<long> CountAsync() => _connection.ScalarAsync<long>($"SELECT count(*) FROM {_schema}.products");
}
