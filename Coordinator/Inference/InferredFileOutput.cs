using Migration.Contracts.Migrations;
using Migration.Worker;

namespace Migration.Coordinator.Inference;

/// <summary>Where an inferred file goes, with the schema that editors check it by beside it.</summary>
internal sealed class InferredFileOutput(string path, bool force)
{
    /// <exception cref="UserException">Something is there, or the folder is not.</exception>
    public void CheckFree()
    {
        if (Directory.Exists(path))
            throw new UserException($"--output {path} is a folder; name a file in it.");
        if (File.Exists(path) && !force)
            throw new UserException($"--output {path} is there already; name another file, or overwrite it with --force.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new UserException($"--output {path}: there is no folder {folder}.");
    }

    /// <exception cref="UserException">The file cannot be written, or was made by somebody meanwhile.</exception>
    public void Write(string text)
    {
        try
        {
            WriteText(path, text, force ? FileMode.Create : FileMode.CreateNew);
            var schema = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, InferredFile.SchemaFile);
            if (force || !File.Exists(schema))
                WriteText(schema, MigrationFileSchema.Read(), FileMode.Create);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"--output {path} cannot be written: {e.Message}", e);
        }
    }

    private static void WriteText(string file, string text, FileMode mode)
    {
        using var stream = new FileStream(file, mode, FileAccess.Write);
        using var writer = new StreamWriter(stream);
        writer.Write(text);
    }
}
