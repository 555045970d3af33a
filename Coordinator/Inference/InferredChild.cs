namespace Migration.Coordinator.Inference;

/// <summary>An array of documents as a table of its own, with a column for all that none of its columns takes whole.</summary>
internal sealed class InferredChild
{
    private readonly ColumnNames _names = new();

    public InferredChild(FieldProfile field, IReadOnlyList<string> path, ChildTableNames tables)
    {
        (Field, Path) = (field, path);
        Table = tables.Tables.Take([tables.Parent, .. path]);
        ParentKey = [.. tables.Key.Select(name => _names.Take([name]))];
        Ordinal = _names.Take(["ordinal"]);
        UnmappedColumn = _names.Take(["extra"]);
        var room = new RowRoom();
        foreach (var name in ParentKey.Append(Ordinal))
            room.Take(new InferredColumn(name, [], new TypeChoice(Candidate.Text.Type), null));
        Fields = new InferredFields(
            field.Elements!.Children, _names, room, new ChildTableNames(tables.Tables, Table, [.. ParentKey, $"{ColumnNames.Plain(path[^1])}_{Ordinal}"]));
    }

    /// <summary>The array.</summary>
    public FieldProfile Field { get; }

    public IReadOnlyList<string> Path { get; }

    public string Table { get; }

    public IReadOnlyList<string> ParentKey { get; }

    public string Ordinal { get; }

    public InferredFields Fields { get; }

    public string UnmappedColumn { get; }
}
