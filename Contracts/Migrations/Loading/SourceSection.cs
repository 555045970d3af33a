namespace Migration.Contracts.Migrations.Loading;

internal static class SourceSection
{
    public const string Variable = "MIGRATION_SOURCE";

    public static readonly string[] Keys = ["uri", "database", "live", "maxRecordsPerSecond"];

    public static readonly IntRange MaxRecordsPerSecond = new(1, 1_000_000_000);

    private const string Expected = "mongodb://, mongodb+srv:// or the path of a dump";

    public static SourceSettings Read(SectionReader section)
    {
        var connection = ConnectionSetting.Read(section, Variable);
        var source = new SourceSettings
        {
            Uri = ReadUri(section, connection),
            Database = section.Text("database"),
            Live = section.Flag("live") ?? false,
            MaxRecordsPerSecond = section.WholeNumber("maxRecordsPerSecond", MaxRecordsPerSecond),
        };
        CheckDatabase(section, connection, source);
        return source;
    }

    private static string ReadUri(SectionReader section, ConnectionSetting connection)
    {
        if (!connection.IsGiven)
        {
            section.Missing("uri", $"{Expected} (or the environment variable {Variable})");
        }
        else if (connection is { Text: not null, Scheme: not (null or "mongodb" or "mongodb+srv") })
        {
            connection.WrongScheme(section, Expected, "mongodb", "mongodb+srv");
        }
        else if (connection is { Text: not null, Scheme: null })
        {
            return DumpPath(section, connection);
        }
        else if (connection.Text is not null && ConnectionUri.TryParse(connection.Text) is null)
        {
            connection.Mistake(section, $"cannot be read as a URI; expected mongodb://user:password@host:port/database, with {ConnectionUri.Reserved}");
        }

        return connection.Text ?? "";
    }

    // The file's paths start from the file's folder, so that it works from any directory; the environment's from the
    // working directory, as in any shell.
    private static string DumpPath(SectionReader section, ConnectionSetting connection)
    {
        var path = connection.Text!;
        if (!ConnectionText.MayBePath(path))
        {
            connection.Mistake(section, $"is neither a URI nor a path; expected {Expected}");
            return path;
        }

        return connection.IsFromEnvironment ? Path.GetFullPath(path) : Path.GetFullPath(path, Path.GetFullPath(section.Context.Folder));
    }

    private static void CheckDatabase(SectionReader section, ConnectionSetting connection, SourceSettings source)
    {
        var isNamed = source.Database is not null || section.Find("database") is not null;
        if (!isNamed && source.IsServer && ConnectionUri.TryParse(connection.Text!) is { Database.Length: 0 })
        {
            section.Missing("database", "the name of the database, as the URI names none");
        }
    }
}
