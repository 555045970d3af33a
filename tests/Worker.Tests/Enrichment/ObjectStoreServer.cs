using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Migration.Worker.Tests.Enrichment;

/// <summary>A server that speaks S3's protocol, in a folder of its own, with the bucket <c>images</c>.</summary>
internal sealed partial class ObjectStoreServer : IAsyncDisposable
{
    public const string Key = "S3RVER";

    private readonly Process _process;
    private readonly string _folder;

    private ObjectStoreServer(Process process, string folder, string uri) => (_process, _folder, Uri) = (process, folder, uri);

    public string Uri { get; }

    public static async Task<ObjectStoreServer> StartAsync()
    {
        var program = Environment.GetEnvironmentVariable("MIGRATION_TEST_OBJECT_STORE")
            ?? throw new InvalidOperationException("MIGRATION_TEST_OBJECT_STORE is not set: ./test.sh installs the server that it names.");
        var folder = Directory.CreateTempSubdirectory("object-store-").FullName;
        var process = Process.Start(new ProcessStartInfo(
            "node", [program, "--directory", folder, "--address", "127.0.0.1", "--port", "0", "--configure-bucket", "images"])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (Listening().Match(line) is not { Success: true } match)
                continue;
            _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
            return new ObjectStoreServer(process, folder, $"http://127.0.0.1:{match.Groups["port"].Value}");
        }

        throw new InvalidOperationException("The object store ended before it listened.");
    }

    /// <summary>Keys of what is stored.</summary>
    public IReadOnlyList<string> Keys()
        => [.. Directory.GetFiles(Path.Combine(_folder, "images"), "*._S3rver_object", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Path.Combine(_folder, "images"), file).Replace("._S3rver_object", "", StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex(@"127\.0\.0\.1:(?<port>[0-9]+)")]
    private static partial Regex Listening();
}
