namespace Migration.Chart.Tests.Harness;

/// <summary>
/// What the Dockerfile makes, without a container engine: its files are copied as it says, its commands are run with this
/// machine's SDK, and its programs by image-root.sh. So a file that it forgets to copy, or a program that writes where it
/// may not, is found.
/// </summary>
public sealed class BuiltImage : IAsyncLifetime
{
    private readonly Dockerfile _dockerfile = new();

    private static string Folder => Repository.PathOf("artifacts", "image");

    private static string Source => Path.Combine(Folder, "source");

    private static string Root => Path.Combine(Folder, "root");

    internal static string App => Path.Combine(Root, "app");

    public async ValueTask InitializeAsync()
    {
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Source);
        Directory.CreateDirectory(Root);
        foreach (var instruction in _dockerfile.Build)
            await BuildAsync(instruction);
        foreach (var copy in _dockerfile.Image.Where(each => each.Name == "COPY" && each.From is null))
            Copy(copy, Root);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Puts a folder of the machine into the image, as a volume would.</summary>
    internal static void Mount(string folder, string name)
    {
        var target = Path.Combine(Root, name);
        Directory.CreateDirectory(target);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            CopyFile(file, Path.Combine(target, Path.GetRelativePath(folder, file)));
    }

    /// <summary>A container's command: as the image's user, with its variables and a read-only root.</summary>
    internal Task<Finished> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        var variables = _dockerfile.Image.Where(each => each.Name == "ENV").SelectMany(each => each.Words)
            .Select(word => word.Replace("$PATH", "/usr/bin:/bin", StringComparison.Ordinal))
            .Concat(environment.Select(pair => $"{pair.Key}={pair.Value}"));
        return Finished.RunAsync(
            Repository.PathOf("tests", "Chart.Tests", "image-root.sh"), [Root, .. variables, "--", .. command]);
    }

    private async Task BuildAsync(DockerInstruction instruction)
    {
        if (instruction.Name == "COPY")
            Copy(instruction, Source);
        else if (instruction.Name == "RUN")
            (await RunHereAsync(instruction.Text)).Good();
    }

    private Task<Finished> RunHereAsync(string command) => Finished.RunAsync(
        "bash", ["-c", $"cd '{Source}' && {command.Replace(" /app ", $" '{App}' ", StringComparison.Ordinal)}"],
        _dockerfile.Build.Where(each => each.Name == "ENV").SelectMany(each => each.Words)
            .Select(word => word.Split('=')).ToDictionary(parts => parts[0], string? (parts) => parts[1]));

    private static void Copy(DockerInstruction copy, string root)
    {
        foreach (var source in copy.Sources)
        {
            foreach (var file in DockerContext.Files(source))
            {
                var name = source.EndsWith('/') ? Path.GetRelativePath(source, file) : Path.GetFileName(file);
                CopyFile(Repository.PathOf(file), Path.Combine(root, copy.Destination.TrimStart('/'), name));
            }
        }
    }

    private static void CopyFile(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
    }
}
