namespace Migration.Coordinator.Inference;

/// <summary>
/// A collection's proposed mapping: a column for each path, subdocuments taken apart where every one that was seen is one,
/// and one column more for all that no column takes whole, so that nothing is lost that the sample did not show.
/// </summary>
internal sealed class InferredCollection
{
    private readonly ColumnNames _names = new();

    /// <param name="tables">Names the tables of children; null where arrays of documents stay columns.</param>
    public InferredCollection(CollectionProfile profile, string table, ColumnNames? tables = null)
    {
        Profile = profile;
        Table = table;
        var hasPlainId = profile.Root.Children.Any(field => ColumnNames.Plain(field.Name) == "id" && field.Name != "_id");
        Key = KeyOf(profile.Key, _names.Take([hasPlainId ? $"{ColumnNames.Plain(profile.Name)}_key" : "id"]));
        var room = new RowRoom();
        room.Take(Key);
        UnmappedColumn = _names.Take(["extra"]);
        Fields = new InferredFields(
            profile.Root.Children.Where(field => field.Name != "_id"), _names, room,
            tables is null ? null : new ChildTableNames(tables, table, [$"{table}_{Key.Name}"]));
        Columns = [Key, .. Fields.Columns];
    }

    public CollectionProfile Profile { get; }

    public string Table { get; }

    public InferredColumn Key { get; }

    public InferredFields Fields { get; }

    /// <summary>The key's first.</summary>
    public IReadOnlyList<InferredColumn> Columns { get; }

    public string UnmappedColumn { get; }

    /// <summary>Paths without a column, each with why; they stay in the column of unmapped fields.</summary>
    public IReadOnlyList<string> LeftOut => Fields.LeftOut;

    private static InferredColumn KeyOf(FieldProfile? field, string name) =>
        new(name, ["_id"], field is null ? new TypeChoice(Candidate.Jsonb.Type) : TypeChoice.Of(field, isKey: true), field);
}
