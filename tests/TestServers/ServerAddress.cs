namespace Migration.TestServers;

internal static class ServerAddress
{
    /// <exception cref="InvalidOperationException">The variable is not set.</exception>
    public static string Required(string variable, string example)
    {
        var value = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(value)
            ? throw new InvalidOperationException(
                $"This test needs a server: start the tests through ./test.sh, or set {variable}={example}.")
            : value;
    }
}
