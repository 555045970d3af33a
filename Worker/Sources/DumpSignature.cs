using Microsoft.Win32.SafeHandles;

namespace Migration.Worker.Sources;

/// <summary>Tells from a file's first bytes when it is something else than its name says.</summary>
internal static class DumpSignature
{
    /// <exception cref="SourceException">The file is of a kind that cannot be read.</exception>
    public static void Check(SafeFileHandle file, string path, bool isBson)
    {
        Span<byte> buffer = stackalloc byte[512];
        ReadOnlySpan<byte> bytes = buffer[..RandomAccess.Read(file, buffer, 0)];
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            throw new SourceException($"{path} is compressed with gzip; give it the ending .gz");
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x6D, 0xE2, 0x99, 0x81]))
            throw new SourceException($"{path} is an archive of mongodump; make the dump with --out FOLDER instead of --archive");
        if (!isBson && bytes.TrimStart("\uFEFF"u8).TrimStart(" \t\r\n"u8).StartsWith("["u8))
            throw new SourceException($"{path} is one JSON array; export it without --jsonArray, one document a line");
    }
}
