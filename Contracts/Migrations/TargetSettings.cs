namespace Migration.Contracts.Migrations;

public sealed record TargetSettings
{
    /// <summary>
    /// <c>postgres://user:password@host:port/database?option=value</c> (or <c>postgresql://</c>) or Npgsql's
    /// <c>Host=...;Username=...</c> form. May hold a password; never printed, see <c>ConnectionText</c>.
    /// </summary>
    public required string Uri { get; init; }

    /// <summary>The schema of tables that name none. Default <c>public</c>.</summary>
    public string Schema { get; init; } = "public";
}
