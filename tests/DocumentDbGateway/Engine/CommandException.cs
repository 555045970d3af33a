namespace Migration.DocumentDbGateway.Engine;

/// <summary>An error as MongoDB tells it to its clients.</summary>
internal sealed class CommandException(int code, string codeName, string message) : Exception(message)
{
    public int Code { get; } = code;

    public string CodeName { get; } = codeName;

    public static CommandException BadValue(string message) => new(2, "BadValue", message);
}
