namespace Migration.Contracts.Migrations.Loading;

internal static class BrokerSection
{
    public const string Variable = "MIGRATION_BROKER";

    public static readonly string[] Keys = ["uri"];

    private const string Expected = "amqp://user:password@host:port/vhost or amqps://";

    /// <summary>Null when neither the file nor the environment names a broker.</summary>
    public static BrokerSettings? Read(SectionReader section, bool isInFile)
    {
        var connection = ConnectionSetting.Read(section, Variable);
        if (!connection.IsGiven)
        {
            if (isInFile)
            {
                section.Missing("uri", $"{Expected} (or the environment variable {Variable})");
            }

            return null;
        }

        Check(section, connection);
        return new BrokerSettings { Uri = connection.Text ?? "" };
    }

    private static void Check(SectionReader section, ConnectionSetting connection)
    {
        if (connection is { Text: not null, Scheme: not ("amqp" or "amqps") })
        {
            connection.WrongScheme(section, Expected, "amqp", "amqps");
        }
        else if (connection.Text is not null && ConnectionUri.TryParse(connection.Text) is null)
        {
            connection.Mistake(section, $"cannot be read as a URI; expected {Expected}, with {ConnectionUri.Reserved}");
        }
    }
}
