using System.CommandLine;

namespace Migration.Worker.Commands;

/// <summary>
/// Where the servers are. The environment is the place for them: an argument can be read by everyone on the machine, so
/// one with a password is for trying things out.
/// </summary>
public static class Connections
{
    public const string SourceVariable = "MIGRATION_SOURCE";
    public const string TargetVariable = "MIGRATION_TARGET";
    public const string BrokerVariable = "MIGRATION_BROKER";

    public static readonly Option<string?> Target = Create(
        "--target", TargetVariable, "PostgreSQL with the ledger: postgres://user:password@host:port/database");

    public static readonly Option<string?> Broker = Create(
        "--broker", BrokerVariable, "RabbitMQ: amqp://user:password@host:port/vhost");

    public static readonly Option<string?> Source = Create(
        "--source", SourceVariable, "The source, where it is not as the migration file says: mongodb://... or a dump's path");

    /// <exception cref="UserException">Neither the option nor the variable is given.</exception>
    public static string Require(this ParseResult parsed, Option<string?> option, string variable)
        => parsed.GetValue(option) is { Length: > 0 } value
            ? value
            : throw new UserException($"Say where it is: {option.Name} URI, or the environment variable {variable}.");

    private static Option<string?> Create(string name, string variable, string description) => new(name)
    {
        Description = $"{description} (default: ${variable})",
        HelpName = "URI",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable(variable),
    };
}
