using System.Security.Cryptography;
using System.Text;

namespace Migration.Contracts.Ledger;

/// <summary>
/// Names a cause by twelve hex digits, the same for all that failed for it: what <c>failures</c> groups by and
/// <c>replay --cause</c> selects by.
/// </summary>
public static class CauseFingerprint
{
    private const int LongestRecordShape = 120;
    private const int LongestSliceShape = 400;

    /// <summary>
    /// Of a record: the same collection, stage, column and SQLSTATE; where there is no SQLSTATE, the same message but for
    /// its digits.
    /// </summary>
    public static string OfRecord(string collection, string stage, string? column, string? sqlState, string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Hash(collection, stage, column, sqlState ?? WithoutDigits(message));
    }

    /// <summary>
    /// Of a slice that an error stopped: the same collection and the same error, but for words with a digit in them. Those
    /// are the slice's number, its keys, ports and counts, which differ from slice to slice where the cause does not.
    /// </summary>
    public static string OfSlice(string collection, string error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return Hash(collection, "slice", null, WithoutNumberedWords(error));
    }

    private static string WithoutDigits(string message)
        => new([.. message.Where(c => !char.IsAsciiDigit(c)).Take(LongestRecordShape)]);

    private static string WithoutNumberedWords(string error)
    {
        // Cut after the numbers are gone: how long they are must not decide where the text ends.
        var shape = string.Join(' ', error.Split(' ').Select(word => word.Any(char.IsAsciiDigit) ? "#" : word));
        return shape[..Math.Min(shape.Length, LongestSliceShape)];
    }

    private static string Hash(params string?[] parts)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\u001f', parts))).AsSpan(0, 6));
}
