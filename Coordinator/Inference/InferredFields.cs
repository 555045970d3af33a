using MongoDB.Bson;

namespace Migration.Coordinator.Inference;

/// <summary>
/// What the fields of documents, or of an array's elements, become: columns, as many as a row has room for, and with
/// <see cref="ChildTableNames"/> tables of their own for arrays of documents.
/// </summary>
internal sealed class InferredFields
{
    /// <summary>More names than this, each in few of the documents, are keys of a map and no fields.</summary>
    private const int MostFieldsOfRareNames = 30;

    private const double RareName = 0.1;

    private readonly List<string> _leftOut = [];
    private readonly List<InferredChild> _children = [];
    private readonly ColumnNames _names;
    private readonly RowRoom _room;
    private readonly ChildTableNames? _tables;

    /// <param name="names">Those that are taken already are none of these fields'.</param>
    /// <param name="room">What is left of a row.</param>
    /// <param name="tables">Names the tables of children; null where arrays of documents stay columns.</param>
    public InferredFields(IEnumerable<FieldProfile> fields, ColumnNames names, RowRoom room, ChildTableNames? tables)
    {
        (_names, _room, _tables) = (names, room, tables);
        Columns = Fitting([.. fields.SelectMany(field => Take(field, [field.Name]))]);
    }

    public IReadOnlyList<InferredColumn> Columns { get; }

    public IReadOnlyList<InferredChild> Children => _children;

    /// <summary>Paths without a column, each with why; they stay in the column of unmapped fields.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>True where every element that was seen is a document with fields that are known and alike.</summary>
    public static bool IsOfDocuments(FieldProfile field) =>
        field is { Types.Count: 1, Elements: { Types.Count: 1, Nulls: 0, Children.Count: > 0 } elements }
        && field.Types.ContainsKey(BsonType.Array) && elements.Types.ContainsKey(BsonType.Document)
        && !IsMap(elements) && !TypeChoice.IsOftenNoJsonb(elements);

    /// <summary>True when every value is a subdocument whose fields are known and alike.</summary>
    private static bool IsTakenApart(FieldProfile field)
    {
        if (field.Types is not { Count: 1 } || !field.Types.ContainsKey(BsonType.Document) || field.Depth >= FieldProfile.MostDepth)
            return false;
        if (TypeChoice.IsOftenNoJsonb(field))
            return false; // taken apart, it would also go whole into the column of unmapped fields, which is jsonb
        return !IsMap(field);
    }

    private static bool IsMap(FieldProfile field)
    {
        var share = field.Children.Count == 0 ? 1 : (double)field.Children.Sum(child => child.Present) / field.Children.Count / field.Values;
        return field.HasMoreChildren || (field.Children.Count > MostFieldsOfRareNames && share < RareName);
    }

    private IEnumerable<InferredField> Take(FieldProfile field, IReadOnlyList<string> path)
    {
        if (field.Values == 0)
        {
            _leftOut.Add($"{CommentText.Path(path)}: only null was seen");
            return [];
        }

        // A table needs a column: elements that are nothing but arrays of documents stay as they are.
        if (_tables is not null && IsOfDocuments(field) && new InferredChild(field, path, _tables) is { Fields.Columns.Count: > 0 } child)
        {
            _children.Add(child);
            return [];
        }

        return IsTakenApart(field)
            ? field.Children.SelectMany(part => Take(part, [.. path, part.Name]))
            : [new InferredField(path, TypeChoice.Of(field), field)];
    }

    /// <summary>Those most often present, as many as a row has room for, in the order of the documents.</summary>
    private List<InferredColumn> Fitting(List<InferredField> fields)
    {
        var taken = new HashSet<InferredField>(ReferenceEqualityComparer.Instance);
        foreach (var field in fields.OrderByDescending(field => field.Profile.Values))
        {
            if (_room.Take(new InferredColumn("", field.Path, field.Choice, field.Profile)))
                taken.Add(field);
        }

        _leftOut.AddRange(fields.Where(field => !taken.Contains(field))
            .Select(field => $"{CommentText.Path(field.Path)}: a row has no room for so many columns"));
        return [.. fields.Where(taken.Contains).Select(field => new InferredColumn(_names.Take(field.Path), field.Path, field.Choice, field.Profile))];
    }

    private sealed record InferredField(IReadOnlyList<string> Path, TypeChoice Choice, FieldProfile Profile);
}
