using MongoDB.Bson;

namespace Migration.Coordinator.Inference;

/// <summary>
/// A collection's proposed mapping: a column for each path, subdocuments taken apart where every one that was seen is one,
/// and one column more for all that no column takes whole, so that nothing is lost that the sample did not show.
/// </summary>
internal sealed class InferredCollection
{
    /// <summary>More names than this, each in few of the documents, are keys of a map and no fields.</summary>
    private const int MostFieldsOfRareNames = 30;

    private const double RareName = 0.1;

    private readonly ColumnNames _names = new();
    private readonly List<string> _leftOut = [];
    private readonly RowRoom _room = new();

    public InferredCollection(CollectionProfile profile, string table)
    {
        Profile = profile;
        Table = table;
        var hasPlainId = profile.Root.Children.Any(field => ColumnNames.Plain(field.Name) == "id" && field.Name != "_id");
        Key = KeyOf(profile.Key, _names.Take([hasPlainId ? $"{ColumnNames.Plain(profile.Name)}_key" : "id"]));
        _room.Take(Key);
        UnmappedColumn = _names.Take(["extra"]);
        var fields = new List<InferredField>();
        foreach (var field in profile.Root.Children.Where(field => field.Name != "_id"))
            fields.AddRange(Take(field, [field.Name]));
        Columns = [Key, .. Fitting(fields)];
    }

    public CollectionProfile Profile { get; }

    public string Table { get; }

    public InferredColumn Key { get; }

    /// <summary>The key's first.</summary>
    public IReadOnlyList<InferredColumn> Columns { get; }

    public string UnmappedColumn { get; }

    /// <summary>Paths without a column, each with why; they stay in the column of unmapped fields.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    private static InferredColumn KeyOf(FieldProfile? field, string name) =>
        new(name, ["_id"], field is null ? new TypeChoice(Candidate.Jsonb.Type) : TypeChoice.Of(field, isKey: true), field);

    /// <summary>True when every value is a subdocument whose fields are known and alike.</summary>
    private static bool IsTakenApart(FieldProfile field, IReadOnlyList<string> path)
    {
        if (field.Types is not { Count: 1 } || !field.Types.ContainsKey(BsonType.Document) || path.Count >= FieldProfile.MostDepth)
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

        return IsTakenApart(field, path)
            ? field.Children.SelectMany(child => Take(child, [.. path, child.Name]))
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
