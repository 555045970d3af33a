using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Migration.Contracts.Ledger;

/// <summary>Groups failures by their cause: 12 hexadecimal digits, the same for the same cause of the same collection.</summary>
public static partial class CauseFingerprint
{
    private const int LongestShape = 120;

    /// <summary>
    /// Of a quarantined record: the same stage, column and SQLSTATE; where there is no SQLSTATE, the same exception and the
    /// same message but for its numbers and ids.
    /// </summary>
    public static string OfRecord(
        string collection, string stage, string? column, string? sqlState, string? exception, string message)
        => Hash(collection, stage, column, sqlState ?? exception + Shape(message));

    /// <summary>Of a slice that gave up: the same error but for its numbers and ids.</summary>
    public static string OfSlice(string collection, string error) => Hash(collection, "slice", null, Shape(error));

    private static string Hash(params string?[] parts)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\u001f', parts))).AsSpan(0, 6));

    /// <summary>The message without the words that have a digit in them: counts, ids, keys, ports.</summary>
    private static string Shape(string message)
    {
        var shape = WithDigit().Replace(message, "");
        return shape[..Math.Min(LongestShape, shape.Length)];
    }

    [GeneratedRegex(@"\w*\d\w*")]
    private static partial Regex WithDigit();
}
