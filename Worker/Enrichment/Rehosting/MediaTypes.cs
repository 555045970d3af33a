using System.Text;
using System.Text.Unicode;

namespace Migration.Worker.Enrichment.Rehosting;

/// <summary>Tells what a content is by its first bytes. What a server or a name says of it is not believed.</summary>
internal static class MediaTypes
{
    /// <summary>Bytes that are looked at.</summary>
    public const int Head = 512;

    public const string Unknown = "application/octet-stream";

    private static readonly (string Type, string Extension, int At, byte[] Sign)[] Signs =
    [
        ("image/jpeg", ".jpg", 0, [0xFF, 0xD8, 0xFF]),
        ("image/png", ".png", 0, [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n']),
        ("image/gif", ".gif", 0, [.. "GIF87a"u8]),
        ("image/gif", ".gif", 0, [.. "GIF89a"u8]),
        ("image/webp", ".webp", 8, [.. "WEBP"u8]),
        ("image/avif", ".avif", 4, [.. "ftypavif"u8]),
        ("image/heic", ".heic", 4, [.. "ftypheic"u8]),
        ("image/tiff", ".tiff", 0, [.. "II*\0"u8]),
        ("image/tiff", ".tiff", 0, [.. "MM\0*"u8]),
        ("image/bmp", ".bmp", 0, [.. "BM"u8]),
        ("image/x-icon", ".ico", 0, [0, 0, 1, 0]),
        ("application/pdf", ".pdf", 0, [.. "%PDF-"u8]),
        ("application/zip", ".zip", 0, [.. "PK\u0003\u0004"u8]),
        ("application/gzip", ".gz", 0, [0x1F, 0x8B]),
        ("video/mp4", ".mp4", 4, [.. "ftyp"u8]),
        ("video/webm", ".webm", 0, [0x1A, 0x45, 0xDF, 0xA3]),
        ("audio/mpeg", ".mp3", 0, [.. "ID3"u8]),
        ("audio/ogg", ".ogg", 0, [.. "OggS"u8]),
    ];

    /// <returns>The type, and the extension that its keys get.</returns>
    public static (string Type, string Extension) Of(ReadOnlySpan<byte> head)
    {
        foreach (var (type, extension, at, sign) in Signs)
        {
            if (head.Length >= at + sign.Length && head.Slice(at, sign.Length).SequenceEqual(sign)) return (type, extension);
        }

        return IsText(head) ? OfText(head) : (Unknown, "");
    }

    /// <summary>Whether the type is one of a list that may have <c>image/*</c> in it.</summary>
    public static bool IsAmong(string type, IReadOnlyList<string> types)
        => types.Any(t => t == type || (t.EndsWith("/*", StringComparison.Ordinal) && type.StartsWith(t[..^1], StringComparison.Ordinal)));

    /// <summary>A character may be cut at the end of what is looked at.</summary>
    private static bool IsText(ReadOnlySpan<byte> head)
    {
        if (head.Contains((byte)0)) return false;
        for (var cut = 0; cut <= 3 && cut <= head.Length; cut++)
        {
            if (Utf8.IsValid(head[..^cut])) return cut == 0 || head.Length == Head;
        }

        return false;
    }

    private static (string Type, string Extension) OfText(ReadOnlySpan<byte> head)
    {
        var text = Encoding.UTF8.GetString(head).TrimStart();
        if (text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase))
            return ("text/html", ".html");
        var isSvg = text.StartsWith("<svg", StringComparison.OrdinalIgnoreCase)
            || (text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase) && text.Contains("<svg", StringComparison.OrdinalIgnoreCase));
        return isSvg ? ("image/svg+xml", ".svg") : ("text/plain", ".txt");
    }
}
