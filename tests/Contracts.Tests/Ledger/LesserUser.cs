using Migration.Contracts.Ledger;
using Migration.TestServers;
using Npgsql;

namespace Migration.Contracts.Tests.Ledger;

/// <summary>A database user with no right but to connect; gone with its rights when disposed of.</summary>
internal sealed class LesserUser : IAsyncDisposable
{
    private readonly string _owner;

    private LesserUser(string name, string owner, string connectionString)
    {
        Name = name;
        _owner = owner;
        ConnectionString = connectionString;
        Target = NpgsqlDataSource.Create(connectionString);
    }

    public string Name { get; }

    public string ConnectionString { get; }

    public NpgsqlDataSource Target { get; }

    public static Task<LesserUser> CreateAsync(PostgresDatabase database) => CreateAsync(database.ConnectionString);

    public static async Task<LesserUser> CreateAsync(string owner)
    {
        var name = "test_" + Guid.NewGuid().ToString("N");
        var password = Guid.NewGuid().ToString("N");
        await ExecuteAsync(owner, $"CREATE ROLE {name} LOGIN PASSWORD '{password}'");
        var builder = new NpgsqlConnectionStringBuilder(owner) { Username = name, Password = password };
        return new LesserUser(name, owner, builder.ConnectionString);
    }

    public Task GrantAsync(string right) => ExecuteAsync(_owner, $"GRANT {right} TO {Name}");

    public async ValueTask DisposeAsync()
    {
        await Target.DisposeAsync();
        await ExecuteAsync(_owner, $"DROP OWNED BY {Name} CASCADE; DROP ROLE {Name}");
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var owner = NpgsqlDataSource.Create(connectionString);
        await owner.ExecuteAsync(sql, CancellationToken.None);
    }
}
