namespace Migration.Contracts.Migrations;

public sealed record SourceSettings
{
    /// <summary>
    /// <c>mongodb://</c>, <c>mongodb+srv://</c>, or the path of a dump (relative paths: from the migration file's folder):
    /// a mongodump folder or file (<c>.bson</c>, <c>.bson.gz</c>) or extended JSON lines (<c>.json</c>, <c>.json.gz</c>,
    /// <c>.ndjson</c>). May hold a password; never printed, see <c>ConnectionText</c>.
    /// </summary>
    public required string Uri { get; init; }

    /// <summary>The database's name; on a dump, the folder below the dump's root. Optional where the URI or dump names one.</summary>
    public string? Database { get; init; }

    /// <summary>
    /// True when the source may be written to during the run: a slice then may hold more or fewer records than were
    /// planned without making the run incomplete. Default false.
    /// </summary>
    public bool Live { get; init; }

    /// <summary>The most records a second that one worker reads; null (the default) is unlimited.</summary>
    public int? MaxRecordsPerSecond { get; init; }

    public bool IsServer =>
        Uri.StartsWith("mongodb://", StringComparison.OrdinalIgnoreCase)
        || Uri.StartsWith("mongodb+srv://", StringComparison.OrdinalIgnoreCase);
}
