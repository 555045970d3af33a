using System.Security.Cryptography;
using System.Text;
using Migration.Contracts.Migrations.Loading;

namespace Migration.Contracts.Migrations;

/// <summary>A short proof that a run is resumed with the file that it was started with.</summary>
public static class MigrationFileFingerprint
{
    /// <summary>
    /// SHA-256, in lower-case hexadecimal, of the settings that a run may not change. Two files have the same
    /// fingerprint exactly when <see cref="MigrationFileChanges.Between"/> finds nothing.
    /// </summary>
    public static string Of(MigrationFile file)
    {
        var lines = RunIdentity.Of(file).Select(setting => $"{setting.Key.Length} {setting.Key} {setting.Value.Length} {setting.Value}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines))));
    }
}
