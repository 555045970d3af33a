using System.Security.Cryptography;

namespace Migration.Worker.Enrichment.Rehosting;

/// <summary>
/// What a link led to, with the key that is made of it. In memory while it is small, and else in a temporary file that goes
/// with it: memory does not depend on how large contents are.
/// </summary>
internal sealed class Content : IAsyncDisposable
{
    private const int MostInMemory = 256 * 1024;

    private Stream _bytes;

    private Content(Stream bytes) => _bytes = bytes;

    public string MediaType { get; private set; } = "";

    /// <summary>SHA-256 of it in hexadecimal, its first two digits as a folder, with the extension of its type.</summary>
    public string Key { get; private set; } = "";

    public long Length => _bytes.Length;

    /// <returns>Null when it has more than <paramref name="most"/> bytes.</returns>
    public static async Task<Content?> ReadAsync(Stream source, long most, CancellationToken cancellationToken)
    {
        var content = new Content(new MemoryStream());
        try
        {
            if (await content.TryReadAsync(source, most, cancellationToken))
                return content;
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }

        await content.DisposeAsync();
        return null;
    }

    /// <summary>From the beginning; until the next call.</summary>
    public Stream Open()
    {
        _bytes.Position = 0;
        return _bytes;
    }

    public ValueTask DisposeAsync() => _bytes.DisposeAsync();

    private async Task<bool> TryReadAsync(Stream source, long most, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (head, buffer) = (Array.Empty<byte>(), new byte[32 * 1024]);
        while (await source.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            if (_bytes.Length + read > most)
                return false;
            if (head.Length < MediaTypes.Head)
                head = [.. head, .. buffer.Take(Math.Min(read, MediaTypes.Head - head.Length))];
            hash.AppendData(buffer, 0, read);
            await MakeRoomAsync(read, cancellationToken);
            await _bytes.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        Name(head, hash.GetHashAndReset());
        return true;
    }

    private async Task MakeRoomAsync(int more, CancellationToken cancellationToken)
    {
        if (_bytes is not MemoryStream || _bytes.Length + more <= MostInMemory)
            return;
        var file = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 64 * 1024,
            FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await Open().CopyToAsync(file, cancellationToken);
        await _bytes.DisposeAsync();
        _bytes = file;
    }

    private void Name(ReadOnlySpan<byte> head, ReadOnlySpan<byte> hash)
    {
        (MediaType, var extension) = MediaTypes.Of(head);
        var digits = Convert.ToHexStringLower(hash);
        Key = $"{digits[..2]}/{digits}{extension}";
    }
}
