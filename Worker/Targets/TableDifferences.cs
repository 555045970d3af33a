using Migration.Contracts.Migrations;

namespace Migration.Worker.Targets;

/// <summary>In what a table that is there differs from what the migration file wants, as far as it matters to the rows.</summary>
internal static class TableDifferences
{
    /// <summary>Each a clause to follow "table x: "; empty when rows can be written.</summary>
    public static IReadOnlyList<string> Between(WantedTable wanted, FoundTable found)
    {
        var mapping = wanted.Mapping;
        if (found.Kind is not ('r' or 'p')) return ["it is not a table (a view, an index or a foreign table has its name)"];
        return [.. Rights(wanted, found), .. Columns(mapping, found), .. Extra(mapping, found), .. Key(mapping, found)];
    }

    private static IEnumerable<string> Rights(WantedTable wanted, FoundTable found)
    {
        var missing = found.MissingRights.Where(right => right switch
        {
            "UPDATE" => wanted.Mapping.OnConflict == ConflictAction.Overwrite,
            "DELETE" => wanted.LosesRows,
            _ => true,
        }).ToList();
        if (missing.Count > 0) yield return $"the target's user lacks the right to {string.Join(", ", missing)}; grant it";
    }

    private static IEnumerable<string> Columns(CollectionMapping mapping, FoundTable found)
    {
        foreach (var wanted in TargetColumn.Of(mapping))
        {
            var column = found.Columns.FirstOrDefault(c => c.Name == wanted.Name);
            if (column is null) yield return $"column '{wanted.Name}' is missing, the migration file says {wanted.Type}";
            else if (column.Type != SqlTypes.CatalogName(wanted.Type))
                yield return $"column '{wanted.Name}' is {column.Type}, the migration file says {wanted.Type}";
            else if (column.IsGenerated) yield return $"column '{wanted.Name}' is generated, so that no value can be written to it";
            else if (column.NotNull && !wanted.NotNull)
                yield return $"column '{wanted.Name}' is NOT NULL, the migration file lets it be null; say required: true";
        }
    }

    private static IEnumerable<string> Extra(CollectionMapping mapping, FoundTable found)
    {
        var wanted = TargetColumn.Of(mapping).Select(c => c.Name).ToHashSet();
        return found.Columns
            .Where(c => !wanted.Contains(c.Name) && c is { NotNull: true, HasDefault: false })
            .Select(c => $"column '{c.Name}' is NOT NULL without a default, and the migration file does not fill it");
    }

    private static IEnumerable<string> Key(CollectionMapping mapping, FoundTable found)
    {
        var wanted = string.Join(", ", mapping.PrimaryKey);
        if (!found.Key.ToHashSet().SetEquals(mapping.PrimaryKey))
        {
            var actual = found.Key.Count == 0 ? "it has no primary key" : $"its primary key is ({string.Join(", ", found.Key)})";
            yield return $"{actual}, the migration file says ({wanted})";
        }
        else if (!found.KeyIsImmediate && mapping.OnConflict != ConflictAction.Fail)
        {
            yield return "its primary key is deferrable, which onConflict skip and overwrite cannot use";
        }
    }
}
