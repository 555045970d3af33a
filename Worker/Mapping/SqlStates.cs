namespace Migration.Worker.Mapping;

/// <summary>PostgreSQL's codes for values that the mapper refuses, as in its manual's appendix A.</summary>
internal static class SqlStates
{
    public const string TooLong = "22001";
    public const string OutOfRange = "22003";
    public const string DateOutOfRange = "22008";
    public const string BadCharacter = "22021";
    public const string InvalidText = "22P02";
    public const string UntranslatableCharacter = "22P05";
    public const string InvalidJson = "22030";
    public const string NotNull = "23502";
    public const string LimitExceeded = "54000";
}
