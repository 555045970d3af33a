using Migration.Contracts.Migrations;

namespace Migration.Worker.Targets;

/// <summary>The statements for a collection with children, built once from its mapping.</summary>
internal sealed class RecordSql
{
    private readonly CollectionMapping _mapping;

    public RecordSql(CollectionMapping mapping)
    {
        _mapping = mapping;
        Children = ChildTable.Of(mapping);
        Parent = new TableSql(mapping);
        Copies = [.. Children.Select(child => new TableSql(child.Mapping).Copy)];
        Merge = MergeOf();
        Deletes = mapping.OnConflict == ConflictAction.Overwrite ? [.. Children.Reverse().Select(Delete)] : [];
    }

    public IReadOnlyList<ChildTable> Children { get; }

    public TableSql Parent { get; }

    /// <summary>Straight into each child's table.</summary>
    public IReadOnlyList<string> Copies { get; }

    /// <summary>
    /// From the temporary table into the collection's own, a range of ordinals at a time. Selects the ordinals of the rows
    /// that were written, ascending; null for one whose key a trigger changed, so that no ordinal has it.
    /// </summary>
    public string Merge { get; }

    /// <summary>
    /// Of the records whose ordinals are the parameter: what the children's tables hold of their keys, deepest first. Empty
    /// where nothing is overwritten.
    /// </summary>
    public IReadOnlyList<string> Deletes { get; }

    /// <summary>
    /// Of rows with one key, skip writes the first and overwrite the last. To overwrite a row of key columns alone changes
    /// nothing, and still it is to be told, for its children are replaced.
    /// </summary>
    private string MergeOf()
    {
        var keys = _mapping.PrimaryKey.Select(TableName.Quote).ToList();
        var (returning, equal) = (string.Join(", ", keys), string.Join(" AND ", keys.Select(key => $"s.{key} = w.{key}")));
        var (staging, ordinal) = (Parent.Staging.Name, Parent.Staging.Ordinal);
        var which = _mapping.OnConflict == ConflictAction.Overwrite ? "max" : "min";
        var merge = _mapping is { OnConflict: ConflictAction.Overwrite } && _mapping.Columns.Count == keys.Count
            ? Parent.Merge.Replace(" DO NOTHING", $" DO UPDATE SET {keys[0]} = EXCLUDED.{keys[0]}", StringComparison.Ordinal)
            : Parent.Merge;
        return $"WITH w AS ({merge} RETURNING {returning}) SELECT {which}(s.{ordinal}) AS number FROM w LEFT JOIN {staging} AS s "
            + $"ON {equal} AND s.{ordinal} BETWEEN $1 AND $2 - 1 GROUP BY {string.Join(", ", keys.Select(key => $"w.{key}"))} ORDER BY number";
    }

    private string Delete(ChildTable child)
    {
        var keys = child.Child.ParentKey.Select(TableName.Quote);
        return $"DELETE FROM {child.Mapping.Table.Quoted} WHERE ({string.Join(", ", keys)}) IN ({KeysOf(child)})";
    }

    /// <summary>The keys of the child's parent rows that are the records'.</summary>
    private string KeysOf(ChildTable child)
    {
        var keys = string.Join(", ", child.Parent.PrimaryKey.Select(TableName.Quote));
        if (child.ParentPlace < 0)
            return $"SELECT {keys} FROM {Parent.Staging.Name} WHERE {Parent.Staging.Ordinal} = ANY ($1)";
        var parent = Children[child.ParentPlace];
        var parentKeys = string.Join(", ", parent.Child.ParentKey.Select(TableName.Quote));
        return $"SELECT {keys} FROM {parent.Mapping.Table.Quoted} WHERE ({parentKeys}) IN ({KeysOf(parent)})";
    }
}
