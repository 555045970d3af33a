using System.Diagnostics;

namespace Migration.Chaos.Tests.Arenas;

/// <summary>
/// A file system of some megabytes in memory with a tablespace on it, which can be filled up. Making one needs root. The
/// shell that mounted it takes it away when this process is gone, however it ends.
/// </summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    /// <summary>What PostgreSQL logs.</summary>
    public const string NoSpace = "No space left on device";

    private const string Mount =
        """
        set -eu
        mount -t tmpfs -o size=64m,mode=700 tmpfs "$1"
        trap 'umount -l "$1"; rmdir "$1"' EXIT
        mkdir "$1/space"
        chown -R --reference="$2" "$1"
        echo mounted
        read -r _ || true
        """;

    private readonly Process _shell;
    private readonly string _folder;

    private SmallDisk(Process shell, string folder) => (_shell, _folder) = (shell, folder);

    public const string Tablespace = "small_disk";

    /// <summary>Where the tablespace goes.</summary>
    public string Folder => Path.Combine(_folder, "space");

    private string Ballast => Path.Combine(_folder, "ballast");

    /// <param name="owner">A file of the account that PostgreSQL runs as.</param>
    /// <exception cref="Xunit.Sdk.XunitException">It cannot be mounted here.</exception>
    public static async Task<SmallDisk> MountAsync(string owner, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("migration-small-disk-").FullName;
        var shell = Process.Start(new ProcessStartInfo("bash", ["-c", Mount, "bash", folder, owner])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var answer = await shell.StandardOutput.ReadLineAsync(cancellation);
        Assert.True(answer == "mounted", "A disk that can be filled needs the right to mount (root); without it this schedule cannot be performed.");
        return new SmallDisk(shell, folder);
    }

    public void Fill()
    {
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var piece = new byte[4096];
        try
        {
            while (true)
                file.Write(piece);
        }
        catch (IOException)
        {
            // Full, to the last page.
        }
    }

    public void MakeRoom() => File.Delete(Ballast);

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync(CancellationToken.None);
        _shell.Dispose();
    }
}
