namespace Migration.Contracts.Migrations.Loading;

internal static class TargetSection
{
    public const string Variable = "MIGRATION_TARGET";

    public static readonly string[] Keys = ["uri", "schema", "maxConnections", "parallelBuilds"];

    public static readonly IntRange MaxConnections = new(2, 100_000);

    public static readonly IntRange ParallelBuilds = new(1, 64);

    private const string Expected = "postgres://user:password@host:port/database or Host=...;Username=...;Database=...";

    public static TargetSettings Read(SectionReader section)
    {
        var settings = new TargetSettings
        {
            Uri = ReadUri(section),
            MaxConnections = section.WholeNumber("maxConnections", MaxConnections),
            ParallelBuilds = section.WholeNumber("parallelBuilds", ParallelBuilds),
        };
        if (section.Text("schema") is not { } schema)
        {
            return settings;
        }

        if (Identifier.SchemaProblem(schema) is { } problem)
        {
            section.Mistake("schema", $"is {section.Raw("schema")}; {problem}");
        }

        return settings with { Schema = schema };
    }

    private static string ReadUri(SectionReader section)
    {
        var connection = ConnectionSetting.Read(section, Variable);
        if (!connection.IsGiven)
        {
            section.Missing("uri", $"{Expected} (or the environment variable {Variable})");
        }
        else if (connection is { Text: not null, Scheme: not (null or "postgres" or "postgresql") })
        {
            connection.WrongScheme(section, Expected, "postgres", "postgresql");
        }
        else if (connection.Text is not null)
        {
            Check(section, connection);
        }

        return connection.Text ?? "";
    }

    private static void Check(SectionReader section, ConnectionSetting connection)
    {
        try
        {
            ConnectionText.ToNpgsql(connection.Text!);
        }
        catch (ConnectionTextException e)
        {
            connection.Mistake(section, $"cannot be used: {e.Message}");
        }
    }
}
