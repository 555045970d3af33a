using System.Globalization;

namespace Migration.Contracts.Migrations;

/// <summary>One thing that is wrong with a migration file.</summary>
/// <param name="File">The file as the user named it, or the environment variable that the text came from.</param>
/// <param name="Line">From 1; 0 when the mistake has no line (a missing file, an environment variable).</param>
/// <param name="Column">From 1; 0 like <paramref name="Line"/>.</param>
/// <param name="Text">What was found and what was expected; never a secret.</param>
public sealed record MigrationFileMistake(string File, int Line, int Column, string Text)
{
    public override string ToString() => Line == 0
        ? $"{File}: {Text}"
        : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Text}");
}
