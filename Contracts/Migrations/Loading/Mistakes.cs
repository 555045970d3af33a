namespace Migration.Contracts.Migrations.Loading;

/// <summary>Collects what is wrong, so that one pass reports all of it.</summary>
internal sealed class Mistakes(string file)
{
    private readonly List<MigrationFileMistake> found = [];

    public void Add(Place place, string text) =>
        found.Add(new MigrationFileMistake(place.Variable ?? file, place.Line, place.Column, text));

    public void ThrowIfAny()
    {
        if (found.Count > 0)
        {
            throw new MigrationFileException([.. found.Distinct().OrderBy(m => m.Line).ThenBy(m => m.Column)]);
        }
    }
}
