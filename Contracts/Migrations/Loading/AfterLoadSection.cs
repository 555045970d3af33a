namespace Migration.Contracts.Migrations.Loading;

/// <summary>A collection's <c>afterLoad</c>, but for foreign keys: these are read when all collections are known.</summary>
internal static class AfterLoadSection
{
    public const string Key = "afterLoad";

    public static readonly string[] Keys = ["indexes", "unique", ForeignKeySection.Key, "sequences", "analyze"];

    /// <returns>Null where the collection says nothing of it.</returns>
    public static AfterLoad? Read(SectionReader collection, CollectionMapping mapping)
    {
        if (collection.Find(Key) is null)
            return null;
        var section = collection.Section(Key, Keys);
        return new AfterLoad
        {
            Indexes = IndexSection.Read(section, mapping),
            Sequences = section.Flag("sequences") ?? true,
            Analyze = section.Flag("analyze") ?? true,
        };
    }
}
