using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Migration.Worker.Sources;

/// <summary>
/// Where compressed dumps are unpacked, once: a gzip stream has no place to jump into, and slices are read by byte.
/// </summary>
/// <remarks>
/// A file is known by the path, size and time of what it was unpacked from, appears under its name only when it is whole
/// (rename), and is unpacked by one process at a time (a lock that the system takes back when its holder dies).
/// </remarks>
/// <param name="folder">Holds the unpacked files; made when missing, for its owner only.</param>
internal sealed class UnpackedDumps(string folder)
{
    /// <summary>Names the folder; default <c>migration-cache-USER</c> below the temporary folder.</summary>
    public const string FolderVariable = "MIGRATION_CACHE";

    private const int NoSpaceLeft = 28; // ENOSPC
    private static readonly TimeSpan s_lockPoll = TimeSpan.FromMilliseconds(200);

    public static UnpackedDumps Default() => new(
        Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } folder
            ? folder
            : Path.Combine(Path.GetTempPath(), "migration-cache-" + Environment.UserName));

    /// <summary>The unpacked file's path; unpacks it first if no process has done so yet.</summary>
    public async Task<string> UnpackAsync(string packed, CancellationToken cancellationToken)
    {
        var (prefix, unpacked) = Name(packed);
        if (File.Exists(unpacked))
            return unpacked;
        try
        {
            CreateFolder();
            await using var held = await LockAsync(Path.Combine(folder, prefix + ".lock"), cancellationToken);
            if (!File.Exists(unpacked))
                await WriteAsync(packed, unpacked, prefix, cancellationToken);
            return unpacked;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new SourceException(FailureText(packed, e), e);
        }
    }

    private (string Prefix, string Unpacked) Name(string packed)
    {
        var file = new FileInfo(packed);
        var prefix = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file.FullName)))[..16];
        var name = Path.GetFileNameWithoutExtension(packed);
        return (prefix, Path.Combine(folder, $"{prefix}-{file.Length}-{file.LastWriteTimeUtc.Ticks}-{name}"));
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Held by another process, which unpacks the same file: the system tells nobody when it lets go.
                await Task.Delay(s_lockPoll, cancellationToken);
            }
        }
    }

    private async Task WriteAsync(string packed, string unpacked, string prefix, CancellationToken cancellationToken)
    {
        var partial = $"{unpacked}.partial";
        try
        {
            await using (var from = new GZipStream(File.OpenRead(packed), CompressionMode.Decompress))
            await using (var to = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
                await from.CopyToAsync(to, 1 << 20, cancellationToken);
            File.Move(partial, unpacked);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }

        // What the same path held before is of no use any more. Whoever still has it open can go on reading it.
        foreach (var old in Directory.EnumerateFiles(folder, prefix + "-*").Where(file => file != unpacked))
            File.Delete(old);
    }

    private string FailureText(string packed, Exception e) => e switch
    {
        IOException when (e.HResult & 0xFFFF) == NoSpaceLeft =>
            $"no space is left in {folder} to unpack {packed}; {FolderVariable} names another folder",
        InvalidDataException => $"{packed} is not a whole gzip file: {e.Message}",
        _ => $"{packed} cannot be unpacked into {folder}: {e.Message}; {FolderVariable} names another folder",
    };
}
