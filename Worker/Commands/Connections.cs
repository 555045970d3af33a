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

    /// <summary>The option, else the variable, else null.</summary>
    public static string? Find(this ParseResult parsed, Option<string?> option, string variable)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(option);
        var value = parsed.GetValue(option) ?? Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(value) ? null : value;
    }

    /// <exception cref="UserException">Neither the option nor the variable is given.</exception>
    public static string Require(this ParseResult parsed, Option<string?> option, string variable)
        => parsed.Find(option, variable)
            ?? throw new UserException($"Say where it is: {option.Name} URI, or the environment variable {variable}.");

    // The variable is no default value of the option: --help prints those, and this one may hold a password.
    private static Option<string?> Create(string name, string variable, string description) => new(name)
    {
        Description = $"{description} (default: ${variable})",
        HelpName = "URI",
    };
}
