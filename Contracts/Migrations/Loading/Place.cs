using YamlDotNet.Core;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>Where something stands: line and column of the file, or the environment variable that it came from.</summary>
internal readonly record struct Place(int Line, int Column, string? Variable = null)
{
    /// <summary>The file as a whole.</summary>
    public static readonly Place None = new(0, 0);

    public static Place Of(Mark mark) => new((int)mark.Line, (int)mark.Column);

    public static Place OfVariable(string name) => new(0, 0, name);
}
