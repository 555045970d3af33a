using Migration.Contracts.Migrations.Loading;

namespace Migration.Contracts.Migrations;

/// <summary>
/// A text of the migration file whose placeholders stay as they are written, because what they stand for may be a secret
/// and the ledger keeps the file: who needs the text replaces them.
/// </summary>
public static class DeferredText
{
    /// <exception cref="MigrationFileException">A variable is not set, or a file cannot be read; names it, and nothing that it holds.</exception>
    public static string Resolve(string raw, Func<string, string?> environment)
    {
        var mistakes = new Mistakes("enrich");
        var text = new Placeholders(environment, Environment.CurrentDirectory, mistakes).Replace(new YamlText(Place.None, raw, IsQuoted: true));
        mistakes.ThrowIfAny();
        return text!;
    }

    /// <summary>Adds a mistake for a file that workers, who start elsewhere, would look for in another place.</summary>
    internal static void CheckFiles(SectionReader section, Place place, string label, string raw)
    {
        if (Placeholders.FilesOf(raw).Any(path => !Path.IsPathRooted(path)))
        {
            section.Context.Mistakes.Add(place, $"{label} names a file by a relative path; expected an absolute one, for each worker reads it by itself");
        }
    }
}
