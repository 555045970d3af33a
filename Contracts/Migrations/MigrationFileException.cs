namespace Migration.Contracts.Migrations;

/// <summary>A migration file that cannot be used. The message has one line a mistake, and no secret.</summary>
public sealed class MigrationFileException(IReadOnlyList<MigrationFileMistake> mistakes)
    : Exception(string.Join('\n', mistakes))
{
    /// <summary>Every mistake that one pass finds, in the order of the file; at least one.</summary>
    public IReadOnlyList<MigrationFileMistake> Mistakes { get; } = mistakes;
}
