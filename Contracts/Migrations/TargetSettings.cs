using System.Text.Json.Serialization;

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

    /// <summary>
    /// Connections that all workers of a run may hold together, at least 2; null (the default) for what the server has free
    /// when the run starts, less a margin.
    /// </summary>
    public int? MaxConnections { get; init; }

    /// <summary>Indexes, foreign keys and the like that are built at a time once rows are in; null for <see cref="DefaultParallelBuilds"/>.</summary>
    public int? ParallelBuilds { get; init; }

    public const int DefaultParallelBuilds = 2;

    /// <summary><see cref="ParallelBuilds"/>, or the default.</summary>
    [JsonIgnore]
    public int BuildsAtATime => ParallelBuilds ?? DefaultParallelBuilds;
}
