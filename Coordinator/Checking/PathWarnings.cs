using System.Globalization;
using Migration.Contracts.Migrations;
using Migration.Coordinator.Inference;
using Migration.Worker.Sources;
using MongoDB.Bson;

namespace Migration.Coordinator.Checking;

/// <summary>Paths of the mapping that no document has, and fields of documents that no path takes.</summary>
internal static class PathWarnings
{
    private const int MostShown = 8;

    /// <param name="isFilled">Whether the column of that place got a value from any record that was tried.</param>
    public static IEnumerable<string> Of(CollectionMapping mapping, CollectionProfile profile, Func<int, bool> isFilled)
    {
        if (profile.Seen == 0)
            yield break;
        var known = new Lazy<List<string>>(() => [.. Leaves(profile.Root, []).Select(path => string.Join('.', path))]);
        for (var i = 0; i < mapping.Columns.Count; i++)
        {
            var column = mapping.Columns[i];
            if (column.Default is null && isFilled(i))
                continue;
            foreach (var path in column.Sources.Where(path => !Has(profile.Root, path, 0, out _)))
            {
                var text = string.Join('.', path);
                yield return $"none of the records looked at has '{text}', the path of column '{column.Name}' (line {column.Line} "
                    + $"of the migration file){NearestName.Hint(text, known.Value).TrimEnd('.')}; the column would be {(column.Default is null ? "NULL" : "its default")}.";
            }
        }

        foreach (var warning in Untaken("", mapping.Unmapped, mapping.Columns, mapping.Children, profile.Root))
            yield return warning;
        foreach (var warning in (mapping.Children ?? []).SelectMany(child => OfChild(child, profile.Root, 0)))
            yield return warning;
    }

    /// <param name="owner">What the records, or the elements of the child above, are seen to be.</param>
    /// <param name="depth">How deep in the documents that is.</param>
    private static IEnumerable<string> OfChild(ChildMapping child, FieldProfile owner, int depth)
    {
        if (!Has(owner, child.Path, depth, out var field))
        {
            yield return $"none of the records looked at has '{child.PathText}', the path of the child on line {child.Line} of the migration file; "
                + $"table {child.Table} would be empty.";
        }

        // An array's elements, or the subdocument itself.
        if ((field?.Elements ?? field) is not { Values: > 0 } element)
            yield break;
        depth += child.Path.Count;
        foreach (var column in child.Columns)
        {
            foreach (var path in column.Sources.Where(path => !Has(element, path, depth, out _)))
            {
                yield return $"none of the elements looked at has '{string.Join('.', path)}', the path of column '{child.Table.Name}.{column.Name}' "
                    + $"(line {column.Line} of the migration file); the column would be {(column.Default is null ? "NULL" : "its default")}.";
            }
        }

        foreach (var warning in Untaken($"table {child.Table}: ", child.Unmapped, child.Columns, child.Children, element))
            yield return warning;
        foreach (var warning in (child.Children ?? []).SelectMany(grandchild => OfChild(grandchild, element, depth)))
            yield return warning;
    }

    private static IEnumerable<string> Untaken(
        string subject, UnmappedFields unmapped, IReadOnlyList<ColumnMapping> columns, IReadOnlyList<ChildMapping>? children, FieldProfile owner)
    {
        if (unmapped.Action != UnmappedAction.Ignore || columns.Any(column => column.IsElement))
            yield break;
        var taken = columns.SelectMany(column => column.Sources).Concat((children ?? []).Select(child => child.Path)).ToList();
        var untaken = Leaves(owner, [])
            .Where(leaf => !taken.Exists(path => IsPrefix(path, leaf) || IsPrefix(leaf, path)))
            .Select(leaf => $"'{CommentText.Path(leaf)}'").ToList();
        if (untaken.Count == 0)
            yield break;
        yield return $"{subject}no column takes {string.Join(", ", untaken.Take(MostShown))}{(untaken.Count > MostShown ? $" and {untaken.Count - MostShown:N0} more paths" : "")}: "
            + "they would be left behind. 'unmapped: { column: extra }' keeps them.";
    }

    private static bool IsPrefix(IReadOnlyList<string> path, IReadOnlyList<string> of)
        => path.Count <= of.Count && path.SequenceEqual(of.Take(path.Count));

    private static IEnumerable<IReadOnlyList<string>> Leaves(FieldProfile field, IReadOnlyList<string> path)
        => field.Children.Count == 0 && path.Count > 0
            ? [path]
            : field.Children.SelectMany(child => Leaves(child, [.. path, child.Name]));

    /// <param name="found">Null where there is none, and where it is beyond what the profile knows.</param>
    private static bool Has(FieldProfile root, IReadOnlyList<string> path, int above, out FieldProfile? found)
    {
        found = null;
        var field = root;
        for (var depth = 0; depth < path.Count; depth++)
        {
            if (above + depth >= FieldProfile.MostDepth || field.HasMoreChildren)
                return true; // beyond what the profile knows
            var name = path[depth];
            var next = field.Children.FirstOrDefault(child => child.Name == name)
                ?? (field.Types.ContainsKey(BsonType.Array) && IsIndexWithin(name, field.LongestArray) ? field.Elements : null);
            if (next is null)
                return false;
            field = next;
        }

        found = field;
        return true;
    }

    private static bool IsIndexWithin(string name, int count)
        => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < count;
}
