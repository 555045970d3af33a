namespace Migration.Contracts.Migrations.Loading;

/// <summary>What every section's reader needs.</summary>
/// <param name="Folder">The migration file's folder, which relative paths start from.</param>
internal sealed record LoadContext(
    Mistakes Mistakes, Placeholders Placeholders, Func<string, string?> Environment, string Folder, string DefaultName)
{
    /// <summary>The enum types that columns may have; read before them.</summary>
    public EnumNames Enums { get; } = new();
}
