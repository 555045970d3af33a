using System.Globalization;

namespace Migration.Contracts.Migrations.Loading;

/// <summary>Whole numbers from <paramref name="Lowest"/> to <paramref name="Highest"/>, both included.</summary>
internal sealed record IntRange(int Lowest, int Highest)
{
    public string Expected => string.Create(CultureInfo.InvariantCulture, $"a whole number from {Lowest} to {Highest}");

    public bool Holds(int number) => number >= Lowest && number <= Highest;
}
