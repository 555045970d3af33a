using System.Security.Cryptography;
using System.Text;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>Names of indexes and constraints for which the file gives none.</summary>
internal static class DerivedName
{
    private const int LongestBytes = 63;
    private const int HashDigits = 8;

    /// <summary>
    /// <c>orders_vendor_id_fkey</c>, in PostgreSQL's own manner. One that is too long is cut and ends in a hash of the whole:
    /// the same file has the same names again, and two long ones do not become one.
    /// </summary>
    public static string Of(TableName table, IEnumerable<string> columns, string kind)
    {
        var whole = string.Join('_', [table.Name, .. columns]);
        if (Encoding.UTF8.GetByteCount(whole) + 1 + kind.Length <= LongestBytes)
            return $"{whole}_{kind}";
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(whole)))[..HashDigits];
        return $"{Cut(whole, LongestBytes - 1 - HashDigits - 1 - kind.Length)}_{hash}_{kind}";
    }

    private static string Cut(string text, int bytes)
    {
        var cut = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
                break;
            cut.Append(rune);
        }

        return cut.ToString();
    }
}
