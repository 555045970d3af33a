using System.Text.Json.Serialization;

namespace Migration.Contracts.Migrations;

/// <summary>One column: where its value comes from and what it becomes.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Path">Field names and array indexes, e.g. <c>vendor.address.city</c> or <c>images.0.url</c>, already split; empty where no one field is taken.</param>
/// <param name="Type">PostgreSQL's type.</param>
/// <param name="Required">True when a missing or null value is a reason to quarantine; the column is then NOT NULL. Primary key columns always are.</param>
/// <param name="Line">The line of the migration file, from 1, for messages.</param>
public sealed record ColumnMapping(string Name, IReadOnlyList<string> Path, ColumnType Type, bool Required, int Line)
{
    /// <summary>What every row has, as texts of the column's type: one, or an array's elements. The path is then empty.</summary>
    public IReadOnlyList<string>? Constant { get; init; }

    /// <summary>What stands for a missing or null value, in the form of <see cref="Constant"/>.</summary>
    public IReadOnlyList<string>? Default { get; init; }

    /// <summary>Applied in order to a value that is there. A concat can only be the first; the path is then empty.</summary>
    public IReadOnlyList<ColumnTransform> Transforms { get; init; } = [];

    /// <summary>What becomes of a value that the column cannot hold, in any order; null for reject alone.</summary>
    public IReadOnlyList<UnfitChoice>? OnUnfit { get; init; }

    /// <summary>What a DBRef in the field must refer to, of which the column takes the <c>$id</c>; null for none.</summary>
    public ColumnReference? References { get; init; }

    /// <summary>The paths of all fields that the column's value is made of: its own, or those that a concat joins.</summary>
    [JsonIgnore]
    public IEnumerable<IReadOnlyList<string>> Sources =>
        Path.Count > 0 ? [Path] : Transforms.SelectMany(t => t.Parts ?? []).Select(part => part.Path).OfType<IReadOnlyList<string>>();

    /// <summary>The path as the user wrote it, joined by dots.</summary>
    public string PathText => string.Join('.', Path);

    /// <summary>True for a column that no field of a document fills, only a step of enrichment; its path is empty.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsEnriched { get; init; }

    /// <summary>True for a column of a child table that takes the element itself; its path is empty.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsElement { get; init; }
}
