using System.Text;
using Migration.Contracts.Migrations.Loading;

namespace Migration.Contracts.Migrations;

/// <summary>
/// Reads a migration file and reports every mistake of it at once.
/// </summary>
/// <remarks>
/// <para>The environment variables <c>MIGRATION_SOURCE</c>, <c>MIGRATION_TARGET</c> and <c>MIGRATION_BROKER</c>, where
/// set and not empty, take the place of the file's <c>source.uri</c>, <c>target.uri</c> and <c>broker.uri</c>; the file
/// may then leave these out.</para>
/// <para>In any value <c>${NAME}</c> is replaced by an environment variable and <c>${file:path}</c> by a file's text
/// (relative paths start from the migration file's folder); <c>$${</c> stands for <c>${</c>. No message repeats what
/// came from there.</para>
/// </remarks>
public static class MigrationFileLoader
{
    private const int LargestFile = 4 * 1024 * 1024;

    /// <summary>Loads a file.</summary>
    /// <param name="path">The file; relative to the working directory.</param>
    /// <param name="environment">A variable's value, or null when it is not set.</param>
    /// <exception cref="MigrationFileException">The file cannot be read, or has mistakes.</exception>
    public static MigrationFile Load(string path, Func<string, string?> environment) =>
        LoadText(ReadText(path), path, environment);

    /// <summary>Loads a text as if it stood in the file <paramref name="path"/>, which need not exist.</summary>
    /// <exception cref="MigrationFileException">The text has mistakes.</exception>
    public static MigrationFile LoadText(string text, string path, Func<string, string?> environment)
    {
        var mistakes = new Mistakes(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var placeholders = new Placeholders(environment, folder, mistakes);
        var context = new LoadContext(mistakes, placeholders, environment, folder, Path.GetFileNameWithoutExtension(path));
        var root = new YamlTree(mistakes).Read(text);
        var file = root is null ? null : TopSection.Read(root, context);
        mistakes.ThrowIfAny();
        return file ?? throw new InvalidOperationException($"{path} was refused without a mistake.");
    }

    private static string ReadText(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > LargestFile)
            {
                throw Unreadable(path, $"has {file.Length} bytes; expected a migration file of at most {LargestFile}");
            }

            return File.ReadAllText(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Unreadable(path, "there is no such file; expected a migration file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw Unreadable(path, Directory.Exists(path) ? "is a folder; expected a migration file" : Reason(e));
        }
    }

    private static string Reason(Exception e) => e switch
    {
        DecoderFallbackException => "is not UTF-8 text; expected a migration file in YAML",
        UnauthorizedAccessException => "may not be read by this user; expected a file with read permission",
        _ => $"cannot be read: {e.Message}",
    };

    private static MigrationFileException Unreadable(string path, string text) =>
        new([new MigrationFileMistake(path, 0, 0, text)]);
}
