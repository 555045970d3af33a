using Npgsql;

namespace Migration.TestServers;

public sealed class PostgresDatabase : IAsyncDisposable
{
    internal PostgresDatabase(string name, Uri uri)
    {
        Name = name;
        Uri = uri;
        ConnectionString = PostgresUri.ToConnectionString(uri);
        DataSource = NpgsqlDataSource.Create(ConnectionString);
    }

    public string Name { get; }

    /// <summary>postgres://..., with the password, for a migration file or a process under test.</summary>
    public Uri Uri { get; }

    public string ConnectionString { get; }

    /// <summary>Opens no connection before its first use; disposed of together with the database.</summary>
    public NpgsqlDataSource DataSource { get; }

    public async ValueTask DisposeAsync()
    {
        await DataSource.DisposeAsync();
        // FORCE: what a test or a killed worker left connected does not keep the database alive.
        await Postgres.ExecuteAsync($"DROP DATABASE IF EXISTS {Name} WITH (FORCE)", CancellationToken.None);
    }
}
