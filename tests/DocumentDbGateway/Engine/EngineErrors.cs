using Npgsql;

namespace Migration.DocumentDbGateway.Engine;

/// <summary>
/// The engine numbers its errors in SQLSTATEs of class M0: <c>M</c> and the place in its list of error names in
/// base 36. The ones a client tells apart are here, by MongoDB's published codes; any other is an InternalError
/// that shows its SQLSTATE, rather than a code that is guessed.
/// </summary>
internal static class EngineErrors
{
    private static readonly Dictionary<string, (int Code, string Name)> Known = new()
    {
        ["M0000"] = (1, "InternalError"),
        ["M0001"] = (2, "BadValue"),
        ["M0003"] = (9, "FailedToParse"),
        ["M0004"] = (14, "TypeMismatch"),
        ["M0005"] = (15, "Overflow"),
        ["M0006"] = (20, "IllegalOperation"),
        ["M0008"] = (26, "NamespaceNotFound"),
        ["M0009"] = (27, "IndexNotFound"),
        ["M000D"] = (40, "ConflictingUpdateOperators"),
        ["M000E"] = (43, "CursorNotFound"),
        ["M000F"] = (48, "NamespaceExists"),
        ["M000G"] = (52, "DollarPrefixedFieldName"),
        ["M000I"] = (54, "NotSingleValueField"),
        ["M000M"] = (66, "ImmutableField"),
        ["M000N"] = (67, "CannotCreateIndex"),
        ["M000O"] = (68, "IndexAlreadyExists"),
        ["M000P"] = (72, "InvalidOptions"),
        ["M000Q"] = (73, "InvalidNamespace"),
        ["M000R"] = (85, "IndexOptionsConflict"),
        ["M000S"] = (86, "IndexKeySpecsConflict"),
        ["M000U"] = (115, "CommandNotSupported"),
        ["M000W"] = (146, "ExceededMemoryLimit"),
        ["M000Z"] = (166, "CommandNotSupportedOnView"),
        ["M0012"] = (197, "InvalidIndexSpecificationOption"),
        ["M0013"] = (224, "QueryFeatureNotAllowed"),
        ["M0015"] = (241, "ConversionFailure"),
        ["M0018"] = (291, "UnableToFindIndex"),
        ["M001B"] = (10334, "BSONObjectTooLarge"),
        ["M001C"] = (11000, "DuplicateKey"),
        ["M007R"] = (40319, "Location40319"),
        ["M007S"] = (40321, "Location40321"),
        ["M007T"] = (40323, "Location40323"),
        ["M007U"] = (40324, "Location40324"),
        ["M0088"] = (40415, "IDLUnknownField"),
        ["M00CO"] = (121, "DocumentValidationFailure"),
        ["M00DO"] = (16, "InvalidLength"),
        ["M00E7"] = (13, "Unauthorized"),
        ["M00EL"] = (143, "CursorInUse"),
        ["M00ER"] = (13, "Unauthorized"),
        ["M00EW"] = (24, "LockTimeout"),
        ["M00EX"] = (50, "MaxTimeMSExpired"),
        ["M00EY"] = (59, "CommandNotFound"),
        ["M00F0"] = (91, "ShutdownInProgress"),
        ["M00F1"] = (112, "WriteConflict"),
        ["M00F4"] = (17280, "KeyTooLong"),
        [PostgresErrorCodes.UniqueViolation] = (11000, "DuplicateKey"),
        [PostgresErrorCodes.ExclusionViolation] = (11000, "DuplicateKey"),
        [PostgresErrorCodes.UndefinedTable] = (26, "NamespaceNotFound"),
        [PostgresErrorCodes.QueryCanceled] = (50, "MaxTimeMSExpired"),
        [PostgresErrorCodes.LockNotAvailable] = (24, "LockTimeout"),
        [PostgresErrorCodes.DeadlockDetected] = (112, "WriteConflict"),
        [PostgresErrorCodes.SerializationFailure] = (112, "WriteConflict"),
        [PostgresErrorCodes.FeatureNotSupported] = (115, "CommandNotSupported"),
        [PostgresErrorCodes.InvalidTextRepresentation] = (9, "FailedToParse"),
        [PostgresErrorCodes.InvalidParameterValue] = (2, "BadValue"),
        [PostgresErrorCodes.ProgramLimitExceeded] = (17280, "KeyTooLong"),
        [PostgresErrorCodes.DiskFull] = (14031, "OutOfDiskSpace"),
        [PostgresErrorCodes.AdminShutdown] = (91, "ShutdownInProgress"),
        [PostgresErrorCodes.CrashShutdown] = (91, "ShutdownInProgress"),
        [PostgresErrorCodes.CannotConnectNow] = (91, "ShutdownInProgress"),
        [PostgresErrorCodes.TooManyConnections] = (202, "NetworkInterfaceExceededTimeLimit"),
    };

    public static CommandException Translate(PostgresException e) =>
        Known.TryGetValue(e.SqlState, out var known)
            ? new CommandException(known.Code, known.Name, e.MessageText)
            : new CommandException(1, "InternalError", $"{e.MessageText} (SQLSTATE {e.SqlState})");

    /// <summary>
    /// The <c>code</c> of a <c>writeErrors</c> entry is PostgreSQL's own form of a SQLSTATE: five characters of six
    /// bits, the first one lowest.
    /// </summary>
    public static int CodeOf(int packed)
    {
        var state = string.Create(5, packed, static (chars, bits) =>
        {
            for (var i = 0; i < chars.Length; i++)
                chars[i] = (char)('0' + ((bits >> (6 * i)) & 0x3F));
        });
        return Known.TryGetValue(state, out var known) ? known.Code : 1;
    }
}
