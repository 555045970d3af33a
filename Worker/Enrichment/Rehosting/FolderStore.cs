namespace Migration.Worker.Enrichment.Rehosting;

/// <summary>A folder that all workers see, such as a mounted share.</summary>
internal sealed class FolderStore(string folder) : IObjectStore
{
    public string Name => folder;

    public async Task<string?> StoreAsync(Content content, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, content.Key);
        if (File.Exists(path))
            return null;
        var part = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                await content.Open().CopyToAsync(file, cancellationToken);

                // A row that links to it may be on disk a moment later.
                file.Flush(flushToDisk: true);
            }

            // The name comes when it is whole; another worker that stores the same at this moment stores the same.
            File.Move(part, path, overwrite: true);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk or a lost share is no record's fault.
            throw new UserException(ExitCode.Configuration, $"The folder {folder}, where enrichment stores, cannot be written to: {TransientRetry.FirstLine(e)}", e);
        }
        finally
        {
            // Nothing to delete must not hide why there is nothing.
            if (File.Exists(part))
                File.Delete(part);
        }
    }

    public void Dispose()
    {
    }
}
