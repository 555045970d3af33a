using Migration.TestServers;
using Npgsql;

namespace Migration.Benchmarks.Preparing;

/// <summary>One attempt's own database, dropped with all that is in it when disposed of.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private readonly BenchServer _server;
    private readonly string _name;
    private readonly NpgsqlDataSource _source;

    public BenchDatabase(BenchServer server, string name, Uri uri)
    {
        (_server, _name, Uri) = (server, name, uri);
        _source = NpgsqlDataSource.Create(PostgresUri.ToConnectionString(uri));
    }

    /// <summary>With the password; for environments of programs, never for their arguments.</summary>
    public Uri Uri { get; }

    /// <summary>The same as libpq's programs want it.</summary>
    public IReadOnlyDictionary<string, string?> LibpqEnvironment
    {
        get
        {
            var account = new NpgsqlConnectionStringBuilder(PostgresUri.ToConnectionString(Uri));
            return new Dictionary<string, string?>
            {
                ["PGHOST"] = account.Host,
                ["PGPORT"] = account.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
                ["PGUSER"] = account.Username,
                ["PGPASSWORD"] = account.Password,
                ["PGDATABASE"] = _name,
            };
        }
    }

    public Task ExecuteAsync(string sql, CancellationToken cancellation) => Sql.ExecuteAsync(_source, sql, cancellation);

    public async Task<long> CountAsync(CancellationToken cancellation)
        => (long)(await Sql.ScalarAsync(_source, $"SELECT count(*) FROM {ProductsFile.Name}", cancellation))!;

    /// <summary>The same for the same rows, in whatever order they came.</summary>
    public async Task<string> ChecksumAsync(CancellationToken cancellation)
        => (string)(await Sql.ScalarAsync(
            _source, $"SELECT coalesce(sum(hashtextextended(p::text, 0)::numeric), 0)::text FROM {ProductsFile.Name} p", cancellation))!;

    /// <summary>What our ledger says of the one run in it.</summary>
    public async Task<LedgerTimes> LedgerAsync(CancellationToken cancellation)
    {
        await using var command = Sql.Command(_source, LedgerTimes.Query);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new LedgerTimes(reader.GetDouble(0), reader.GetDouble(1), reader.GetDouble(2), reader.GetInt32(3));
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _server.DropAsync(_name, CancellationToken.None);
    }
}
