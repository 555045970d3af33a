namespace Migration.Contracts.Migrations.Loading;

/// <summary><c>afterLoad</c> of a collection or of a child, but for foreign keys: these are read when all collections are known.</summary>
internal static class AfterLoadSection
{
    public const string Key = "afterLoad";

    public static readonly string[] Keys = ["indexes", "unique", ForeignKeySection.Key, "sequences", "analyze"];

    public static readonly string[] KeysOfChild = [.. Keys, ForeignKeySection.Parent];

    /// <param name="keys">Those that it knows.</param>
    /// <returns>Null where the file says nothing of it.</returns>
    public static AfterLoad? Read(SectionReader owner, string[] keys, TableName table, IReadOnlyList<ColumnMapping> columns)
    {
        if (owner.Find(Key) is null)
            return null;
        var section = owner.Section(Key, keys);
        return new AfterLoad
        {
            Indexes = IndexSection.Read(section, table, columns),
            Sequences = section.Flag("sequences") ?? true,
            Analyze = section.Flag("analyze") ?? true,
        };
    }
}
