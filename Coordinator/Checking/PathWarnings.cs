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
            foreach (var path in column.Sources.Where(path => !Has(profile.Root, path)))
            {
                var text = string.Join('.', path);
                yield return $"none of the records looked at has '{text}', the path of column '{column.Name}' (line {column.Line} "
                    + $"of the migration file){NearestName.Hint(text, known.Value).TrimEnd('.')}; the column would be {(column.Default is null ? "NULL" : "its default")}.";
            }
        }

        if (mapping.Unmapped.Action == UnmappedAction.Ignore && Untaken(mapping, profile) is { Count: > 0 } untaken)
        {
            yield return $"no column takes {string.Join(", ", untaken.Take(MostShown))}{(untaken.Count > MostShown ? $" and {untaken.Count - MostShown:N0} more paths" : "")}: "
                + "they would be left behind. 'unmapped: { column: extra }' keeps them.";
        }
    }

    private static List<string> Untaken(CollectionMapping mapping, CollectionProfile profile)
    {
        var taken = mapping.Columns.SelectMany(column => column.Sources).ToList();
        return [.. Leaves(profile.Root, [])
            .Where(leaf => !taken.Exists(path => IsPrefix(path, leaf) || IsPrefix(leaf, path)))
            .Select(leaf => $"'{CommentText.Path(leaf)}'")];
    }

    private static bool IsPrefix(IReadOnlyList<string> path, IReadOnlyList<string> of)
        => path.Count <= of.Count && path.SequenceEqual(of.Take(path.Count));

    private static IEnumerable<IReadOnlyList<string>> Leaves(FieldProfile field, IReadOnlyList<string> path)
        => field.Children.Count == 0 && path.Count > 0
            ? [path]
            : field.Children.SelectMany(child => Leaves(child, [.. path, child.Name]));

    private static bool Has(FieldProfile root, IReadOnlyList<string> path)
    {
        var field = root;
        for (var depth = 0; depth < path.Count; depth++)
        {
            if (depth >= FieldProfile.MostDepth || field.HasMoreChildren)
                return true; // beyond what the profile knows
            var name = path[depth];
            var next = field.Children.FirstOrDefault(child => child.Name == name)
                ?? (field.Types.ContainsKey(BsonType.Array) && IsIndexWithin(name, field.LongestArray) ? field.Elements : null);
            if (next is null)
                return false;
            field = next;
        }

        return true;
    }

    private static bool IsIndexWithin(string name, int count)
        => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < count;
}
